import { BigIntType } from '@mikro-orm/core';
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import type { InvoiceLine } from '@renewal-ledger/sdk';

/** The latest known state of a Stripe invoice, read by the SDK's `readInvoice` into one shape for both of Stripe's layouts. */
@Entity({ tableName: 'invoice' })
@Index({ properties: ['createdAt', 'id'] })
@Index({ properties: ['stripeSubscriptionId', 'createdAt'] })
@Index({ properties: ['stripeCustomerId', 'createdAt'] })
@Index({ properties: ['status', 'createdAt'] })
@Index({
  name: 'invoice_unmatched_index',
  properties: ['recordedAt'],
  where: "outcome in ('NO_RENEWAL', 'AMBIGUOUS', 'CONFLICT')",
})
@Index({ name: 'invoice_unlinked_index', properties: ['createdAt', 'id'], where: 'not is_linked' })
export class Invoice {
  @PrimaryKey({ type: 'text' })
  id!: string;

  @Property({ type: 'text', nullable: true })
  stripeSubscriptionId!: string | null;

  @Property({ type: 'text', nullable: true })
  stripeCustomerId!: string | null;

  /** draft, open, uncollectible, void, deleted or paid. */
  @Property({ type: 'text', nullable: true })
  status!: string | null;

  @Property({ type: 'text', nullable: true })
  billingReason!: string | null;

  @Property({ type: 'text', nullable: true })
  currency!: string | null;

  /** Minor units. */
  @Property({ type: new BigIntType('number'), nullable: true })
  total!: number | null;

  @Property({ type: new BigIntType('number'), nullable: true })
  amountPaid!: number | null;

  /** `invoice.period_start` and `invoice.period_end`: not the service period. */
  @Property({ type: 'datetime', nullable: true })
  invoicePeriodStart!: Date | null;

  @Property({ type: 'datetime', nullable: true })
  invoicePeriodEnd!: Date | null;

  /** The billing cycle that it charges for, from its subscription lines. Kept with the lines. */
  @Property({ type: 'datetime', nullable: true })
  periodStart!: Date | null;

  @Property({ type: 'datetime', nullable: true })
  periodEnd!: Date | null;

  /** How far from `periodStart` a renewal may lie: a day, or half of the shortest period where that is less. */
  @Property({ type: 'integer', nullable: true })
  toleranceSeconds!: number | null;

  /** What its lines alone say: ELIGIBLE, or why it has no period to pay for. */
  @Property({ type: 'text' })
  linesVerdict!: string;

  @Property({ type: 'json' })
  lines!: InvoiceLine[];

  @Property({ type: 'boolean' })
  areLinesTruncated!: boolean;

  /** All lines, fetched from Stripe while the newest payload holds only the first. */
  @Property({ type: 'json', nullable: true })
  fetchedLines!: InvoiceLine[] | null;

  @Property({ type: 'boolean', default: false })
  hasFetchedLines!: boolean;

  /** What the metadata of its subscription said, as this invoice carries it. */
  @Property({ type: 'uuid', nullable: true })
  namedIntentUuid!: string | null;

  @Property({ type: new BigIntType('string'), nullable: true })
  namedIntentId!: string | null;

  /** What settle decided of it last: a `MatchOutcome`. */
  @Property({ type: 'text', nullable: true })
  outcome!: string | null;

  @Property({ type: 'boolean', default: false })
  isLinked!: boolean;

  /** On a conflict: the renewal that another invoice holds. */
  @Property({ type: new BigIntType('string'), nullable: true })
  wantedRenewalId!: string | null;

  @Property({ type: 'datetime', nullable: true })
  paidAt!: Date | null;

  /** Stripe's time of creation; the first receipt where it names none. */
  @Property({ type: 'datetime', defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  recordedAt!: Date;

  /** Stripe's time of the event that this state was read from; null where it named none. */
  @Property({ type: 'datetime', nullable: true })
  asOf!: Date | null;

  @Property({ type: 'text' })
  asOfEventId!: string;
}
