import { compareInvoices, type FactEvent } from './invoice-facts.js';
import type { InvoiceFactRecord, InvoiceRecord, SubscriptionRecord } from './records.js';

/** The order of events by Stripe's time, then by id; one that names no time is the oldest. */
export function compareEvents(a: Pick<FactEvent, 'id' | 'created'>, b: Pick<FactEvent, 'id' | 'created'>): number {
  const byTime = (a.created?.getTime() ?? Number.MIN_SAFE_INTEGER) - (b.created?.getTime() ?? Number.MIN_SAFE_INTEGER);
  return byTime || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The invoices as they are once these facts are known, and those of them that are news. Their order in the list has no say. */
export function foldInvoices(
  known: readonly InvoiceRecord[],
  facts: readonly InvoiceFactRecord[],
): { invoices: InvoiceRecord[]; changed: InvoiceFactRecord[] } {
  const invoices = new Map(known.map((invoice) => [invoice.id, invoice]));
  const changed = new Map<string, InvoiceFactRecord>();
  for (const fact of facts) {
    const current = invoices.get(fact.id);
    if (current !== undefined && compareInvoices(fact, current) <= 0) continue;
    const next = { ...fact, ...keptOf(current, fact) };
    changed.set(fact.id, next);
    invoices.set(fact.id, toSettled(next));
  }
  return { invoices: [...invoices.values()], changed: [...changed.values()] };
}

/** What a newer payload does not change: what was settled, and, while that payload is truncated, what the fetched lines said. */
function keptOf(current: InvoiceRecord | undefined, fact: InvoiceFactRecord): Partial<InvoiceRecord> {
  if (current === undefined) return {};
  const { outcome, isLinked, wantedRenewalId, hasFetchedLines } = current;
  const { periodStart, periodEnd, toleranceSeconds, linesVerdict } = current;
  const settled = { outcome, isLinked, wantedRenewalId, hasFetchedLines };
  return hasFetchedLines && fact.areLinesTruncated
    ? { ...settled, periodStart, periodEnd, toleranceSeconds, linesVerdict }
    : settled;
}

/** The customer of a subscription's earliest event that names one: an intent without a customer takes it. */
export function withFirstCustomer(
  subscription: SubscriptionRecord,
  event: FactEvent,
  customerId: string | null,
): SubscriptionRecord {
  const first = { id: subscription.firstEventId ?? '', created: subscription.firstEventAt };
  const isKnown = subscription.firstEventId !== null && compareEvents(first, event) <= 0;
  if (customerId === null || isKnown) return subscription;
  return { ...subscription, firstCustomerId: customerId, firstEventAt: event.created, firstEventId: event.id };
}

/** Without the columns that settling has no use for. */
function toSettled(fact: InvoiceFactRecord): InvoiceRecord {
  const {
    lines: _lines,
    areLinesTruncated: _truncated,
    invoicePeriodStart: _start,
    invoicePeriodEnd: _end,
    ...invoice
  } = fact;
  return invoice;
}
