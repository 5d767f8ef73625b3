import type { InvoiceFact, InvoiceLine } from '@renewal-ledger/sdk';
import type { LinesVerdict } from './records.js';

/** The service period that an invoice charges for, as its lines say. Times are epoch seconds. */
export interface InvoicePeriod {
  readonly verdict: LinesVerdict;
  readonly start: number | null;
  readonly end: number | null;
  /** How far from `start` a renewal may lie: a day, or half of the shortest period where that is less. */
  readonly toleranceSeconds: number | null;
}

/** What the period follows from. */
export type PeriodSource = Pick<
  InvoiceFact,
  'subscription' | 'billingReason' | 'periodEnd' | 'lines' | 'linesTruncated'
>;

type Period = { readonly start: number; readonly end: number };

const DAY = 86_400;

/** Reasons of an invoice that closes a cycle; one that names none may be of those days when Stripe named none. */
export const CYCLE_REASONS: readonly (string | null)[] = ['subscription_cycle', 'subscription', null];

/**
 * Reads the period from the subscription's own lines, wherever they stand in the list: prorations and one-off lines come first as often
 * as not. A line that ends at or before `invoice.period_end` is usage in arrears and does not count; a cycle invoice with only
 * such lines starts where its own period ends. `invoice.period_start` is not the service period (docs/matching.md).
 */
export function readInvoicePeriod(invoice: PeriodSource): InvoicePeriod {
  const lines = invoice.lines.filter(
    (line) => line.subscription === null || line.subscription === invoice.subscription,
  );
  const own = lines.filter((line) => line.kind === 'subscription' && !line.proration);
  const periods = own.flatMap(periodOf);
  const counted = periods.filter((period) => !isArrears(period, invoice.periodEnd));
  if (counted.length > 0) return eligible(counted, latest(counted));
  if (invoice.linesTruncated) return refused('INCOMPLETE');
  if (periods.length > 0 && invoice.periodEnd !== null && CYCLE_REASONS.includes(invoice.billingReason)) {
    return eligible(periods, { start: invoice.periodEnd, end: null });
  }
  if (own.length > 0) return refused('NO_PERIOD');
  return refused(lines.some((line) => line.proration) ? 'PRORATION_ONLY' : 'NO_SUBSCRIPTION_LINE');
}

function periodOf(line: InvoiceLine): Period[] {
  const { periodStart: start, periodEnd: end } = line;
  return start !== null && end !== null && end > start ? [{ start, end }] : [];
}

function isArrears(period: Period, invoicePeriodEnd: number | null): boolean {
  return invoicePeriodEnd !== null && period.end <= invoicePeriodEnd;
}

/** The latest start; of several lines that start there, the longest. */
function latest(periods: readonly Period[]): Period {
  return periods.reduce((best, period) =>
    period.start > best.start || (period.start === best.start && period.end > best.end) ? period : best,
  );
}

function eligible(periods: readonly Period[], { start, end }: { start: number; end: number | null }): InvoicePeriod {
  const shortest = Math.min(...periods.map((period) => period.end - period.start));
  return { verdict: 'ELIGIBLE', start, end, toleranceSeconds: Math.min(DAY, Math.floor(shortest / 2)) };
}

function refused(verdict: LinesVerdict): InvoicePeriod {
  return { verdict, start: null, end: null, toleranceSeconds: null };
}
