import { ArrayType, BigIntType } from '@mikro-orm/core';
import { Entity, Enum, Index, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { BackfillKind, BackfillState } from './states.js';

/** One run that fills what is missing. It goes on from `cursor`, whichever worker takes it up. */
@Entity({ tableName: 'backfill' })
@Unique({
  name: 'backfill_running_unique',
  properties: ['kind', 'scope', 'dryRun'],
  where: "state = 'RUNNING'",
})
@Index({ name: 'backfill_running_index', properties: ['progressedAt'], where: "state = 'RUNNING'" })
@Index({ name: 'backfill_undoing_index', properties: ['progressedAt'], where: 'undo_cursor is not null' })
export class Backfill {
  @PrimaryKey({ type: new BigIntType('string'), autoincrement: true })
  id!: string;

  @Enum({ items: () => BackfillKind })
  kind!: BackfillKind;

  @Enum({ items: () => BackfillState, default: BackfillState.RUNNING })
  state!: BackfillState;

  @Property({ type: 'boolean', default: false })
  dryRun!: boolean;

  /** Whether what follows is raised; else it is held back. */
  @Property({ type: 'boolean' })
  announce!: boolean;

  /** What it is restricted to, as one text: two that run at once differ in it. */
  @Property({ type: 'text' })
  scope!: string;

  @Property({ type: new BigIntType('string'), nullable: true })
  checkoutIntentId!: string | null;

  @Property({ type: 'datetime', nullable: true })
  since!: Date | null;

  @Property({ type: new ArrayType(), columnType: 'text[]', nullable: true })
  eventTypes!: string[] | null;

  /** Only events that Stripe has, or has not, delivered to all its endpoints. */
  @Property({ type: 'boolean', nullable: true })
  deliverySuccess!: boolean | null;

  /** What Stripe is asked for, set when its walk begins: `eventTypes`, else what the handlers of then take. */
  @Property({ type: new ArrayType(), columnType: 'text[]', nullable: true })
  patterns!: string[] | null;

  /** Whether also what old invoices give rise to is raised: only where that was asked for. */
  @Property({ type: 'boolean', default: false })
  announcesObserved!: boolean;

  /** The last checkout intent that is done with, or how far the walk has come. */
  @Property({ type: 'text', nullable: true })
  cursor!: string | null;

  @Property({ type: 'int', nullable: true })
  total!: number | null;

  @Property({ type: 'int', default: 0 })
  examined!: number;

  @Property({ type: 'int', default: 0 })
  linked!: number;

  @Property({ type: 'int', default: 0 })
  dated!: number;

  @Property({ type: 'int', default: 0 })
  skipped!: number;

  @Property({ type: 'int', default: 0 })
  ambiguous!: number;

  @Property({ type: 'int', default: 0 })
  failed!: number;

  @Property({ type: 'int', default: 0 })
  stored!: number;

  @Property({ type: 'text', nullable: true })
  lastError!: string | null;

  /** Checkout intents beyond the cursor that were filled together with one before it. */
  @Property({ type: new ArrayType((id) => id), columnType: 'bigint[]', defaultRaw: "'{}'" })
  ahead!: string[];

  /** The last record that is taken back, while that goes on. */
  @Property({ type: new BigIntType('string'), nullable: true })
  undoCursor!: string | null;

  @Property({ type: 'text', nullable: true })
  undoBy!: string | null;

  @Property({ type: 'datetime', nullable: true })
  undoneAt!: Date | null;

  @Property({ type: 'text' })
  startedBy!: string;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  startedAt!: Date;

  /** When its last batch was committed: one that stands still is taken up again. */
  @Property({ type: 'datetime', defaultRaw: 'now()' })
  progressedAt!: Date;

  @Property({ type: 'datetime', nullable: true })
  finishedAt!: Date | null;
}
