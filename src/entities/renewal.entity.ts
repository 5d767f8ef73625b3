import { BigIntType, type Ref } from '@mikro-orm/core';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { CheckoutIntent } from './checkout-intent.entity.js';
import { LinkedBy, RenewalState } from './states.js';

/**
 * One expected renewal of a subscription, and the invoice that pays for it.
 * What is given stands beside what is derived from it (`givenDate`, `effectiveDate`): settle keeps the derived columns.
 */
@Entity({ tableName: 'renewal' })
@Index({ properties: ['checkoutIntent', 'id'] })
@Index({ properties: ['stripeSubscriptionId', 'id'] })
@Index({ properties: ['state', 'id'] })
@Index({ properties: ['effectiveDate', 'id'] })
@Index({
  name: 'renewal_given_stripe_subscription_id_index',
  properties: ['givenStripeSubscriptionId'],
  where: 'given_stripe_subscription_id is not null',
})
@Index({
  name: 'renewal_scheduled_index',
  properties: ['effectiveDate'],
  where: "state = 'SCHEDULED'",
})
export class Renewal {
  @PrimaryKey({ type: new BigIntType('string'), autoincrement: true })
  id!: string;

  @ManyToOne(() => CheckoutIntent, { ref: true })
  checkoutIntent!: Ref<CheckoutIntent>;

  @Property({ type: 'text', unique: true })
  subscriptionPlanRenewalId!: string;

  @Property({ type: 'uuid', nullable: true })
  priorSubscriptionPlanUuid!: string | null;

  @Property({ type: 'uuid', nullable: true })
  renewedSubscriptionPlanUuid!: string | null;

  @Property({ type: 'text', nullable: true })
  givenStripeSubscriptionId!: string | null;

  /** The given one, else the intent's earliest subscription that had not ended by the renewal's date. */
  @Property({ type: 'text', nullable: true })
  stripeSubscriptionId!: string | null;

  @Property({ type: 'datetime', nullable: true })
  givenDate!: Date | null;

  /** True after `updateRenewal` set the date: no move carries it. */
  @Property({ type: 'boolean', default: false })
  isDateFixed!: boolean;

  /** The given date, carried along its subscription's moves. */
  @Property({ type: 'datetime', nullable: true })
  effectiveDate!: Date | null;

  @Property({ type: 'text', nullable: true, unique: true })
  stripeInvoiceId!: string | null;

  @Enum({ items: () => LinkedBy, nullable: true })
  linkedBy!: LinkedBy | null;

  @Enum({ items: () => RenewalState, default: RenewalState.SCHEDULED })
  state!: RenewalState;

  /** When a downstream call was claimed: from then on the link stands. */
  @Property({ type: 'datetime', nullable: true })
  processingStartedAt!: Date | null;

  @Property({ type: 'datetime', nullable: true })
  processedAt!: Date | null;

  /** What the renewed plan was last set to downstream; null where no call has told. */
  @Property({ type: 'boolean', nullable: true })
  isPlanActive!: boolean | null;

  @Property({ type: 'boolean', default: false })
  canceledByHand!: boolean;

  @Property({ type: 'boolean', default: false })
  isCanceled!: boolean;

  @Property({ type: 'datetime', nullable: true })
  subscriptionCancelAt!: Date | null;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  updatedAt!: Date;
}
