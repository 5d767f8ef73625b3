import {
  isObject,
  type JsonObject,
  readBoolean,
  readId,
  readList,
  readMetadata,
  readObject,
  readSeconds,
  readText,
} from './read-value.js';

/** A subscription in neither of Stripe's layouts. Times are epoch seconds. */
export interface SubscriptionFact {
  readonly id: string | null;
  readonly customer: string | null;
  readonly status: string | null;
  readonly cancelAt: number | null;
  readonly cancelAtPeriodEnd: boolean | null;
  readonly endedAt: number | null;
  readonly canceledAt: number | null;
  readonly trialStart: number | null;
  readonly trialEnd: number | null;
  readonly currentPeriodStart: number | null;
  readonly currentPeriodEnd: number | null;
  readonly created: number | null;
  readonly startDate: number | null;
  readonly metadata: Record<string, string>;
  readonly latestInvoice: string | null;
  /** A change waits for its payment. */
  readonly pendingUpdate: boolean;
}

/**
 * Reads a Stripe subscription of any API version; like `readInvoice` it never throws.
 *
 * The period stands on the items since 2025-03-31. Where their periods differ, that of the item that ends first is taken, start and
 * end from the same item: it is what Stripe itself answers in the old layout, and where `cancel_at_period_end` ends the
 * subscription. Of those that end together, the shortest.
 *
 * @see https://docs.stripe.com/changelog/basil/2025-07-30/support-mixed-intervals
 */
export function readSubscription(stripeSubscription: unknown): SubscriptionFact {
  const subscription = readObject(stripeSubscription);
  const period = readPeriod(subscription);
  return {
    id: readText(subscription['id']),
    customer: readId(subscription['customer']),
    status: readText(subscription['status']),
    cancelAt: readSeconds(subscription['cancel_at']),
    cancelAtPeriodEnd: readBoolean(subscription['cancel_at_period_end']),
    endedAt: readSeconds(subscription['ended_at']),
    canceledAt: readSeconds(subscription['canceled_at']),
    trialStart: readSeconds(subscription['trial_start']),
    trialEnd: readSeconds(subscription['trial_end']),
    currentPeriodStart: period.start,
    currentPeriodEnd: period.end,
    created: readSeconds(subscription['created']),
    startDate: readSeconds(subscription['start_date']),
    metadata: readMetadata(subscription['metadata']),
    latestInvoice: readId(subscription['latest_invoice']),
    pendingUpdate: isObject(subscription['pending_update']),
  };
}

interface Period {
  readonly start: number | null;
  readonly end: number | null;
}

function readPeriod(subscription: JsonObject): Period {
  const ofItems = readList(subscription['items'])
    .map(periodOf)
    .filter((period): period is { start: number | null; end: number } => period.end !== null)
    .toSorted((a, b) => a.end - b.end || (b.start ?? 0) - (a.start ?? 0));
  return ofItems[0] ?? periodOf(subscription);
}

function periodOf(holder: JsonObject): Period {
  return { start: readSeconds(holder['current_period_start']), end: readSeconds(holder['current_period_end']) };
}
