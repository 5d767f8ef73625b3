import { BigIntType, type Ref } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Backfill } from './backfill.entity.js';
import type { Changes } from './record-change.js';

/** What a backfill did to one record, or why it could not: a change has `changes`, a problem has a `code`. */
@Entity({ tableName: 'backfill_record' })
@Index({
  name: 'backfill_record_change_index',
  properties: ['backfill', 'id'],
  where: 'code is null',
})
@Index({
  name: 'backfill_record_problem_index',
  properties: ['backfill', 'id'],
  where: 'code is not null',
})
export class BackfillRecord {
  @PrimaryKey({ type: new BigIntType('string'), autoincrement: true })
  id!: string;

  @ManyToOne(() => Backfill, { ref: true, deleteRule: 'cascade' })
  backfill!: Ref<Backfill>;

  /** Of a renewal or an event; of a subscription or an invoice that was asked of Stripe. */
  @Property({ type: 'text' })
  recordId!: string;

  @Property({ type: 'json', nullable: true })
  changes!: Changes | null;

  /** Stable, for programs. */
  @Property({ type: 'text', nullable: true })
  code!: string | null;

  @Property({ type: 'text' })
  reason!: string;
}
