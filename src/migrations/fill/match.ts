import { CYCLE_REASONS } from './invoice-period.js';
import type { Group, InvoiceRow, MoveRow, RenewalRow, SubscriptionRow } from './rows.js';

/** What an invoice wants, before it is known what other invoices want; `outcome` is what it comes to if it gets nothing. */
export interface Claim {
  readonly invoice: InvoiceRow;
  readonly wants: { readonly renewalId: string; readonly distance: number } | null;
  readonly outcome: 'NOT_A_RENEWAL' | 'INCOMPLETE' | 'AMBIGUOUS' | 'NO_RENEWAL' | 'CONFLICT';
}

export const isLive = ({ status }: InvoiceRow): boolean => status !== 'void' && status !== 'deleted';

/** False where both customers are known and differ. */
export function isOfCustomer(
  customer: string | null,
  invoice: InvoiceRow,
  subscription: SubscriptionRow | undefined,
): boolean {
  const billed = invoice.stripe_customer_id ?? subscription?.stripe_customer_id ?? subscription?.first_customer_id;
  return customer === null || (billed ?? null) === null || billed === customer;
}

/** The nearest renewal of the invoice's subscription and customer, within its tolerance; two equally near are never guessed between. */
export function match(
  invoice: InvoiceRow,
  { subscriptions, moves, renewals, refused }: Omit<Group, 'intent' | 'invoices'>,
  customer: string | null,
): Claim {
  const subscription = subscriptions.find(({ id }) => id === invoice.stripe_subscription_id);
  const verdict = assess(invoice, subscription, moves);
  if (verdict !== null) return { invoice, wants: null, outcome: verdict };
  const near = renewals
    .filter((renewal) => canPay(invoice, renewal, subscription) && !refused.has(`${renewal.id}:${invoice.id}`))
    .map((renewal) => ({ renewalId: renewal.id, distance: distanceBetween(renewal, invoice) }))
    .filter(({ distance }) => distance <= (invoice.tolerance_seconds ?? 0));
  const nearest = Math.min(...near.map(({ distance }) => distance));
  const wanted = near.filter(({ distance }) => distance === nearest);
  const [first] = wanted;
  if (first === undefined || !isOfCustomer(customer, invoice, subscription))
    return { invoice, wants: null, outcome: 'NO_RENEWAL' };
  return wanted.length > 1
    ? { invoice, wants: null, outcome: 'AMBIGUOUS' }
    : { invoice, wants: first, outcome: 'CONFLICT' };
}

/** Best first: a paid one, then the nearest, then `subscription_cycle`, then the earlier created, then by id. */
export function compareClaims(a: Claim, b: Claim): number {
  const isCycle = ({ invoice }: Claim) => Number(invoice.billing_reason === 'subscription_cycle');
  const isPaid = ({ invoice }: Claim) => Number(invoice.status === 'paid');
  return (
    isPaid(b) - isPaid(a) ||
    (a.wants?.distance ?? 0) - (b.wants?.distance ?? 0) ||
    isCycle(b) - isCycle(a) ||
    a.invoice.created_at.getTime() - b.invoice.created_at.getTime() ||
    (a.invoice.id < b.invoice.id ? -1 : 1)
  );
}

/** Null where the invoice can pay for a renewal. */
function assess(
  invoice: InvoiceRow,
  subscription: SubscriptionRow | undefined,
  moves: readonly MoveRow[],
): 'NOT_A_RENEWAL' | 'INCOMPLETE' | null {
  if (invoice.stripe_subscription_id === null || !isLive(invoice)) return 'NOT_A_RENEWAL';
  const isCycle = CYCLE_REASONS.includes(invoice.billing_reason);
  if (!isCycle && invoice.billing_reason !== 'subscription_update') return 'NOT_A_RENEWAL';
  if (invoice.lines_verdict === 'INCOMPLETE') return 'INCOMPLETE';
  if (invoice.lines_verdict !== 'ELIGIBLE') return 'NOT_A_RENEWAL';
  return isCycle || beginsWhereTrialEnded(invoice, subscription, moves) ? null : 'NOT_A_RENEWAL';
}

/** Where the latest trial ended, or one that a move has ended early. */
function beginsWhereTrialEnded(
  { stripe_subscription_id: id, period_start: start }: InvoiceRow,
  subscription: SubscriptionRow | undefined,
  moves: readonly MoveRow[],
): boolean {
  const moved = moves.filter((move) => move.subscription_id === id).map((move) => move.to_date.getTime());
  return start !== null && [...moved, subscription?.trial_end?.getTime()].includes(start.getTime());
}

function canPay(invoice: InvoiceRow, renewal: RenewalRow, subscription: SubscriptionRow | undefined): boolean {
  const { effective_date: date } = renewal;
  if (renewal.stripe_subscription_id !== invoice.stripe_subscription_id || renewal.canceled_by_hand || date === null)
    return false;
  const endedAt = subscription?.ended_at ?? null;
  return endedAt === null || endedAt > date;
}

function distanceBetween({ effective_date: date }: RenewalRow, { period_start: start }: InvoiceRow): number {
  if (date === null || start === null) return Number.POSITIVE_INFINITY;
  return Math.abs(date.getTime() - start.getTime()) / 1000;
}
