import { ArrayType, BigIntType } from '@mikro-orm/core';
import { Check, Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/**
 * A time of which every event of these types that Stripe lists is known to be stored. Spans that touch are one row, so that the table
 * stays small; `backfill/coverage.ts` says what is complete by them, and where the gaps are.
 */
@Entity({ tableName: 'event_span' })
@Check({
  name: 'event_span_order_check',
  expression: 'wanted_from <= covered_from and covered_from <= covered_until',
})
export class EventSpan {
  @PrimaryKey({ type: new BigIntType('string'), autoincrement: true })
  id!: string;

  /** Types, and groups of them like `invoice.*`. */
  @Property({ type: new ArrayType(), columnType: 'text[]' })
  patterns!: string[];

  /** From when on events were asked for: what lies between and `coveredFrom` was not to be had. */
  @Property({ type: 'datetime' })
  wantedFrom!: Date;

  @Property({ type: 'datetime' })
  coveredFrom!: Date;

  /** The same as `coveredFrom` where a walk came to nothing. */
  @Property({ type: 'datetime' })
  coveredUntil!: Date;
}
