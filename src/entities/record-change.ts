import { BigIntType } from '@mikro-orm/core';
import { PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** Field name to [before, after]; times as ISO strings in UTC. */
export type Changes = Record<string, [before: unknown, after: unknown]>;

/** One change of a record: who, why, before and after, written by the transaction that made it. */
export abstract class RecordChange {
  @PrimaryKey({ type: new BigIntType('string'), autoincrement: true })
  id!: string;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  at!: Date;

  /** The event, the API key's name, the backfill or the migration that made the change. */
  @Property({ type: 'text' })
  by!: string;

  @Property({ type: 'text', nullable: true })
  reason!: string | null;

  @Property({ type: 'json' })
  changes!: Changes;
}
