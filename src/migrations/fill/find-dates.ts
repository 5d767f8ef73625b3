import { isLive, isOfCustomer } from './match.js';
import type { Group, InvoiceRow, RenewalRow } from './rows.js';
import { customerOf, type Settled } from './settle.js';

export interface FoundDate {
  readonly given_date: Date;
  /** The start of the renewal's own invoice is no expectation any more: no move carries it. */
  readonly is_date_fixed: boolean;
  readonly reason: string;
}

/**
 * Dates for renewals that have none: with an invoice its period start; else, where the subscription has one dateless renewal and exactly
 * one period end that no other renewal has, that one. Whatever leaves a choice is left alone.
 */
export function findDates(group: Group, { renewals }: Settled): Map<string, FoundDate> {
  const found = new Map<string, FoundDate>();
  const dateless = renewals.filter(({ effective_date: date }) => date === null);
  for (const renewal of [...dateless.filter(hasInvoice), ...dateless.filter((one) => !hasInvoice(one))]) {
    const others = renewals.filter(
      (one) => one.id !== renewal.id && one.stripe_subscription_id === renewal.stripe_subscription_id,
    );
    const dates = others.map((one) => (one.effective_date ?? found.get(one.id)?.given_date)?.getTime());
    const isOnlyOne = others.every((one) => one.effective_date !== null || hasInvoice(one));
    const date = hasInvoice(renewal)
      ? dateOfInvoice(renewal, group, new Set(dates))
      : isOnlyOne && dateOfPeriodEnd(renewal, group, new Set(dates));
    if (date) found.set(renewal.id, date);
  }
  return found;
}

const hasInvoice = ({ stripe_invoice_id: id }: RenewalRow): boolean => id !== null;

type Times = ReadonlySet<number | undefined>;

function dateOfInvoice(renewal: RenewalRow, { invoices }: Group, taken: Times): FoundDate | null {
  const start = invoices.find(({ id }) => id === renewal.stripe_invoice_id)?.period_start ?? null;
  if (start === null || taken.has(start.getTime())) return null;
  return { given_date: start, is_date_fixed: true, reason: 'Dated by its invoice.' };
}

function dateOfPeriodEnd(renewal: RenewalRow, group: Group, taken: Times): FoundDate | null {
  const { stripe_subscription_id: id, given_stripe_subscription_id: given } = renewal;
  if (id === null || (given === null && group.subscriptions.length > 1)) return null;
  const subscription = group.subscriptions.find((one) => one.id === id);
  const ends = group.invoices
    .filter((invoice) => invoice.stripe_subscription_id === id && isLive(invoice))
    .filter((invoice) => isOfCustomer(customerOf(group), invoice, subscription))
    .flatMap((invoice) => freeEndOf(invoice, taken));
  const [end, second] = new Set(ends);
  if (end === undefined || second !== undefined) return null;
  return { given_date: new Date(end), is_date_fixed: false, reason: 'Dated by the end of the period before it.' };
}

/** A renewal that lies as near to a period's end as an invoice may lie to its renewal has that end, though by another clock. */
function freeEndOf({ period_end: date, tolerance_seconds: seconds }: InvoiceRow, taken: Times): number[] {
  const end = date?.getTime();
  if (end === undefined) return [];
  const tolerance = (seconds ?? 0) * 1000;
  const isTaken = [...taken].some((time) => time !== undefined && Math.abs(time - end) <= tolerance);
  return isTaken ? [] : [end];
}
