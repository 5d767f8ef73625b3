import { CYCLE_REASONS } from './invoice-period.js';
import type { InvoiceRecord, MoveRecord, SubscriptionRecord } from './records.js';

/** Whether an invoice can pay for a renewal at all, before any renewal is looked at. */
export interface Eligibility {
  readonly code:
    | 'ELIGIBLE'
    | 'NO_SUBSCRIPTION'
    | 'NOT_LIVE'
    | 'BILLING_REASON'
    | 'PLAN_CHANGE'
    | 'NO_SUBSCRIPTION_LINE'
    | 'PRORATION_ONLY'
    | 'NO_PERIOD'
    | 'INCOMPLETE';
  readonly reason: string;
}

const LINE_REASONS = {
  ELIGIBLE: 'It charges for a period of its subscription that begins at its period start.',
  NO_SUBSCRIPTION_LINE: 'None of its lines is a subscription line of its subscription.',
  PRORATION_ONLY: 'Its lines for the subscription are prorations: they settle a change, not a period.',
  NO_PERIOD: 'Its subscription lines name no period that it could begin.',
  INCOMPLETE: 'Its payload holds only the first of its lines, and none of those counts.',
} as const;

/** The rules of docs/matching.md, in order: the first that does not hold is the verdict. A total of zero, or below, is no reason to refuse. */
export function assessInvoice(
  invoice: InvoiceRecord,
  subscription: SubscriptionRecord | null,
  moves: readonly MoveRecord[],
): Eligibility {
  if (invoice.subscriptionId === null) return { code: 'NO_SUBSCRIPTION', reason: 'It belongs to no subscription.' };
  if (!isLive(invoice)) return { code: 'NOT_LIVE', reason: `It is ${invoice.status}: it pays for nothing.` };
  return (
    assessBillingReason(invoice, trialEndsOf(invoice, subscription, moves)) ?? {
      code: invoice.linesVerdict,
      reason: LINE_REASONS[invoice.linesVerdict],
    }
  );
}

/** Void and deleted invoices hold no link. */
export function isLive(invoice: Pick<InvoiceRecord, 'status'>): boolean {
  return invoice.status !== 'void' && invoice.status !== 'deleted';
}

/** Where a trial of its subscription ended: the latest one, and those that a move has ended early, although another trial came later. */
function trialEndsOf(
  { subscriptionId }: InvoiceRecord,
  subscription: SubscriptionRecord | null,
  moves: readonly MoveRecord[],
): ReadonlySet<number | undefined> {
  const ends = moves.filter((move) => move.subscriptionId === subscriptionId).map(({ to }) => to.getTime());
  const latest = subscription?.trialEnd ?? null;
  return new Set(latest === null ? ends : [...ends, latest.getTime()]);
}

function assessBillingReason(invoice: InvoiceRecord, trialEnds: ReadonlySet<number | undefined>): Eligibility | null {
  if (CYCLE_REASONS.includes(invoice.billingReason)) return null;
  if (invoice.billingReason !== 'subscription_update') {
    return {
      code: 'BILLING_REASON',
      reason: `Its billing reason is ${invoice.billingReason}: it closes no billing cycle.`,
    };
  }
  if (invoice.linesVerdict !== 'ELIGIBLE') return null;
  if (trialEnds.has(invoice.periodStart?.getTime())) return null;
  return {
    code: 'PLAN_CHANGE',
    reason: 'It bills a change of the subscription, and its period does not start where a trial ended.',
  };
}
