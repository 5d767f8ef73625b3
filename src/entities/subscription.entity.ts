import { BigIntType, type Ref } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { CheckoutIntent } from './checkout-intent.entity.js';

/** The latest known state of a Stripe subscription. A row without `status` is known by its id only, from an invoice or a renewal. */
@Entity({ tableName: 'subscription' })
@Index({ properties: ['checkoutIntent', 'recordedAt'] })
@Index({ properties: ['stripeCustomerId', 'recordedAt'] })
@Index({ properties: ['status', 'recordedAt'] })
@Index({ properties: ['recordedAt', 'id'] })
@Index({
  name: 'subscription_named_intent_uuid_index',
  properties: ['namedIntentUuid'],
  where: 'named_intent_uuid is not null',
})
@Index({
  name: 'subscription_named_intent_id_index',
  properties: ['namedIntentId'],
  where: 'named_intent_id is not null',
})
export class Subscription {
  @PrimaryKey({ type: 'text' })
  id!: string;

  @Property({ type: 'text', nullable: true })
  stripeCustomerId!: string | null;

  @Property({ type: 'text', nullable: true })
  status!: string | null;

  @Property({ type: 'datetime', nullable: true })
  cancelAt!: Date | null;

  @Property({ type: 'boolean', nullable: true })
  cancelAtPeriodEnd!: boolean | null;

  @Property({ type: 'datetime', nullable: true })
  endedAt!: Date | null;

  @Property({ type: 'datetime', nullable: true })
  trialEnd!: Date | null;

  @Property({ type: 'datetime', nullable: true })
  currentPeriodStart!: Date | null;

  @Property({ type: 'datetime', nullable: true })
  currentPeriodEnd!: Date | null;

  /** Stripe's time of creation; null until a subscription event has come. */
  @Property({ type: 'datetime', nullable: true })
  createdAt!: Date | null;

  /** What the metadata says, its own or an invoice's: the intent may be created later. */
  @Property({ type: 'uuid', nullable: true })
  namedIntentUuid!: string | null;

  @Property({ type: new BigIntType('string'), nullable: true })
  namedIntentId!: string | null;

  /** True where its own metadata named the intent; else an invoice's copy of it did. */
  @Property({ type: 'boolean', default: false })
  isNamedByItself!: boolean;

  /** The owner in force. Kept by settle. */
  @ManyToOne(() => CheckoutIntent, { ref: true, nullable: true })
  checkoutIntent!: Ref<CheckoutIntent> | null;

  /** The earliest event, by Stripe's time, that named a customer: an intent without a customer takes it. */
  @Property({ type: 'text', nullable: true })
  firstCustomerId!: string | null;

  @Property({ type: 'datetime', nullable: true })
  firstEventAt!: Date | null;

  @Property({ type: 'text', nullable: true })
  firstEventId!: string | null;

  /** Its deletion was seen: no other event changes it. */
  @Property({ type: 'boolean', default: false })
  isDeleted!: boolean;

  /** Stripe's time of the event that this state was read from. */
  @Property({ type: 'datetime', nullable: true })
  asOf!: Date | null;

  @Property({ type: 'text', nullable: true })
  asOfEventId!: string | null;

  /** Until when one delivery alone may set this subscription's plans downstream. */
  @Property({ type: 'datetime', nullable: true })
  planLeaseUntil!: Date | null;

  @Property({ type: 'text', nullable: true })
  planLeaseHolder!: string | null;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  recordedAt!: Date;
}
