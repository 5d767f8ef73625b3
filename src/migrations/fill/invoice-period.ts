import type { InvoiceFact, InvoiceLine } from '@renewal-ledger/sdk';

/** The service period that an invoice charges for, in epoch seconds, as its row keeps it. */
export interface InvoicePeriod {
  readonly verdict: 'ELIGIBLE' | 'NO_SUBSCRIPTION_LINE' | 'PRORATION_ONLY' | 'NO_PERIOD' | 'INCOMPLETE';
  readonly start: number | null;
  readonly end: number | null;
  readonly tolerance: number | null;
}

type Period = { readonly start: number; readonly end: number };

const DAY_SECONDS = 86_400;

export const CYCLE_REASONS: readonly (string | null)[] = ['subscription_cycle', 'subscription', null];

/** The rules of docs/matching.md: the subscription's own lines, wherever they stand; those in arrears do not count. */
export function readPeriod(invoice: InvoiceFact): InvoicePeriod {
  const { subscription, periodEnd, billingReason } = invoice;
  const lines = invoice.lines.filter((line) => line.subscription === null || line.subscription === subscription);
  const own = lines.filter(({ kind, proration }) => kind === 'subscription' && !proration);
  const periods = own.flatMap(periodOf);
  const counted = periods.filter(({ end }) => periodEnd === null || end > periodEnd);
  if (counted.length > 0) return eligible(counted, latest(counted));
  if (invoice.linesTruncated) return refused('INCOMPLETE');
  if (periods.length > 0 && periodEnd !== null && CYCLE_REASONS.includes(billingReason))
    return eligible(periods, { start: periodEnd, end: null });
  if (own.length > 0) return refused('NO_PERIOD');
  return refused(lines.some(({ proration }) => proration) ? 'PRORATION_ONLY' : 'NO_SUBSCRIPTION_LINE');
}

function periodOf({ periodStart: start, periodEnd: end }: InvoiceLine): Period[] {
  return start !== null && end !== null && end > start ? [{ start, end }] : [];
}

function latest(periods: readonly Period[]): Period {
  return periods.reduce((best, one) =>
    one.start > best.start || (one.start === best.start && one.end > best.end) ? one : best,
  );
}

function eligible(periods: readonly Period[], { start, end }: { start: number; end: number | null }): InvoicePeriod {
  const shortest = Math.min(...periods.map((period) => period.end - period.start));
  return { verdict: 'ELIGIBLE', start, end, tolerance: Math.min(DAY_SECONDS, Math.floor(shortest / 2)) };
}

const refused = (verdict: InvoicePeriod['verdict']): InvoicePeriod => ({
  verdict,
  start: null,
  end: null,
  tolerance: null,
});
