import { PrimaryKeyProp, type Ref } from '@mikro-orm/core';
import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Subscription } from './subscription.entity.js';

/** Stripe moved a period's end: renewals dated `from` are carried to `to`, in the order of facts. */
@Entity({ tableName: 'subscription_move' })
export class SubscriptionMove {
  [PrimaryKeyProp]?: ['subscription', 'eventId'];

  @ManyToOne(() => Subscription, { ref: true, primary: true, deleteRule: 'cascade' })
  subscription!: Ref<Subscription>;

  /** The event that said so. */
  @PrimaryKey({ type: 'text' })
  eventId!: string;

  /** Stripe's time of the event; null, and the oldest, where it names none. */
  @Property({ type: 'datetime', nullable: true })
  occurredAt!: Date | null;

  /** The order within the second. */
  @Property({ type: 'integer' })
  position!: number;

  @Property({ type: 'datetime' })
  fromDate!: Date;

  @Property({ type: 'datetime' })
  toDate!: Date;
}
