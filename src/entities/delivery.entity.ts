import { PrimaryKeyProp, type Ref } from '@mikro-orm/core';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Event } from './event.entity.js';
import { DeliveryState } from './states.js';

/** One handler's run of one event. */
@Entity({ tableName: 'delivery' })
@Index({ name: 'delivery_state_index', properties: ['state', 'handler'], where: "state <> 'DONE'" })
@Index({ name: 'delivery_waiting_index', properties: ['waitingFor'], where: "state = 'WAITING'" })
@Index({
  name: 'delivery_due_index',
  properties: ['nextTryAt'],
  where: "state in ('PENDING', 'RETRYING', 'WAITING')",
})
export class Delivery {
  [PrimaryKeyProp]?: ['event', 'handler'];

  @ManyToOne(() => Event, { ref: true, primary: true, deleteRule: 'cascade' })
  event!: Ref<Event>;

  /** `Class.method`, or `endpoint:<name>`. */
  @PrimaryKey({ type: 'text' })
  handler!: string;

  @Enum({ items: () => DeliveryState, default: DeliveryState.PENDING })
  state!: DeliveryState;

  @Property({ type: 'integer', default: 0 })
  tries!: number;

  /** Raised by every signal of `waitingFor`: a run that saw an older value may not mark itself as waiting. */
  @Property({ type: 'integer', default: 0 })
  signals!: number;

  @Property({ type: 'text', nullable: true })
  waitingFor!: string | null;

  @Property({ type: 'datetime', nullable: true })
  waitingSince!: Date | null;

  @Property({ type: 'text', nullable: true })
  lastError!: string | null;

  @Property({ type: 'datetime', nullable: true })
  nextTryAt!: Date | null;

  @Property({ type: 'datetime', nullable: true })
  finishedAt!: Date | null;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  createdAt!: Date;
}
