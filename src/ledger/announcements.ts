import type { LedgerEvents, LedgerIds } from '@renewal-ledger/sdk';
import { isPaidAfterEnd, type Report } from './reports.js';
import { type IntentRecord, type InvoiceRecord, type RenewalRecord } from './records.js';
import type { RenewalChangeRow } from './history.js';
import type { Settlement } from './settle.js';

/** An event of the ledger about to be raised; its id is `<type>:<key>`, so that it is raised once. */
export interface Announcement<Type extends keyof LedgerEvents = keyof LedgerEvents> {
  readonly type: Type;
  readonly key: string;
  readonly object: LedgerEvents[Type];
}

/** What the changes of one settlement give rise to. `changes` are the rows just written, with their ids. */
export function announceChanges(settlement: Settlement, changes: readonly RenewalChangeRow[]): Announcement[] {
  return [
    ...changes.flatMap((change) => announceChange(settlement, change)),
    ...settlement.reports.map((report) => announceReport(settlement, report)),
  ];
}

/** An invoice of a subscription with a total above zero is paid: receipts hang here. */
export function announcePayment(settlement: Settlement, invoice: InvoiceRecord): Announcement {
  const renewal = settlement.renewals.find(({ invoiceId }) => invoiceId === invoice.id);
  const object = { ...idsFor(settlement.intent, renewal ?? null, invoice), ...amountsOf(invoice) };
  return { type: 'payment.received', key: invoice.id, object };
}

/** The ids that every event of the ledger carries. */
export function idsFor(
  intent: IntentRecord | null,
  renewal: RenewalRecord | null,
  invoice: InvoiceRecord | null,
): LedgerIds {
  return {
    checkoutIntentId: intent?.id ?? null,
    checkoutIntentUuid: intent?.uuid ?? null,
    stripeSubscriptionId: invoice?.subscriptionId ?? renewal?.subscriptionId ?? null,
    stripeCustomerId: invoice?.customerId ?? intent?.customerId ?? null,
    stripeInvoiceId: invoice?.id ?? renewal?.invoiceId ?? null,
    renewalId: renewal?.id ?? null,
    subscriptionPlanRenewalId: renewal?.subscriptionPlanRenewalId ?? null,
    priorSubscriptionPlanUuid: renewal?.priorSubscriptionPlanUuid ?? null,
    renewedSubscriptionPlanUuid: renewal?.renewedSubscriptionPlanUuid ?? null,
  };
}

export const toText = (instant: Date | null): string | null => instant?.toISOString() ?? null;

function announceChange(settlement: Settlement, change: RenewalChangeRow): Announcement[] {
  return [
    ...announceLink(settlement, change),
    ...announceDate(settlement, change),
    ...announcePaid(settlement, change),
    ...announceProcessed(settlement, change),
  ];
}

function announceLink(settlement: Settlement, { id, before, after, reason }: RenewalChangeRow): Announcement[] {
  const held = before?.invoiceId ?? null;
  if (held === after.invoiceId) return [];
  const ids = { ...idsOf(settlement, after), effectiveDate: toText(after.effectiveDate) };
  const unlinked = { type: 'renewal.unlinked', key: id, object: { ...ids, stripeInvoiceId: held, reason } } as const;
  if (after.linkedBy === null) return [unlinked];
  const linked = { type: 'renewal.linked', key: id, object: { ...ids, linkedBy: after.linkedBy } } as const;
  return held === null ? [linked] : [unlinked, linked];
}

function announceDate(settlement: Settlement, { id, before, after }: RenewalChangeRow): Announcement[] {
  const was = before?.effectiveDate ?? null;
  if (was === null || was.getTime() === after.effectiveDate?.getTime()) return [];
  const object = { ...idsOf(settlement, after), before: toText(was), after: toText(after.effectiveDate) };
  return [{ type: 'renewal.rescheduled', key: id, object }];
}

function announcePaid(settlement: Settlement, { before, after }: RenewalChangeRow): Announcement[] {
  const isNews = after.state === 'PAID' && (before?.state !== 'PAID' || before.invoiceId !== after.invoiceId);
  const invoice = settlement.invoices.find(({ id }) => id === after.invoiceId);
  if (!isNews || invoice === undefined) return [];
  const subscription = settlement.subscriptions.find(({ id }) => id === invoice.subscriptionId);
  if (isPaidAfterEnd(invoice, subscription)) return [];
  const period = { periodStart: toText(invoice.periodStart), periodEnd: toText(invoice.periodEnd) };
  const object = { ...idsOf(settlement, after), ...amountsOf(invoice), ...period };
  return [{ type: 'renewal.paid', key: `${after.id}:${invoice.id}`, object }];
}

/** A renewal that was created as processed is no news: it was processed before this ledger knew of it. */
function announceProcessed(settlement: Settlement, { before, after, by }: RenewalChangeRow): Announcement[] {
  if (before === null || before.processedAt !== null || after.processedAt === null) return [];
  const object = { ...idsOf(settlement, after), processedBy: by, processedAt: after.processedAt.toISOString() };
  return [{ type: 'renewal.processed', key: after.id, object }];
}

function idsOf(settlement: Settlement, renewal: RenewalRecord): LedgerIds {
  const invoice = settlement.invoices.find(({ id }) => id === renewal.invoiceId) ?? null;
  return idsFor(settlement.intent, renewal, invoice);
}

/** What a person should see, told once for its code and subject. */
export function announceAttention(object: LedgerEvents['attention.needed']): Announcement<'attention.needed'> {
  return { type: 'attention.needed', key: `${object.code}:${object.subject}`, object };
}

export function announceReport(settlement: Settlement, report: Report): Announcement {
  const renewal = settlement.renewals.find(({ id }) => id === report.renewalId) ?? null;
  return announceAttention({
    ...idsFor(settlement.intent, renewal, null),
    stripeSubscriptionId: report.subscriptionId,
    stripeInvoiceId: report.invoiceId,
    stripeCustomerId: report.customerId,
    code: report.code,
    subject: report.subject,
    message: report.message,
  });
}

function amountsOf(invoice: InvoiceRecord): {
  total: number | null;
  amountPaid: number | null;
  currency: string | null;
} {
  return { total: invoice.total, amountPaid: invoice.amountPaid, currency: invoice.currency };
}
