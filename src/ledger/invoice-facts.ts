import type { InvoiceFact } from '@renewal-ledger/sdk';
import { readIntentName } from './intent-name.js';
import { readInvoicePeriod } from './invoice-period.js';
import type { InvoiceFactRecord, InvoiceRecord, InvoiceStatus } from './records.js';

/** The event that a fact was read from. */
export interface FactEvent {
  readonly id: string;
  readonly type: string;
  /** Stripe's time; null, and the oldest, where it names none. */
  readonly created: Date | null;
  readonly receivedAt: Date;
}

/** Which status is the later one, whatever the times of the events say. */
export const STATUS_RANK: Readonly<Record<InvoiceStatus, number>> = {
  draft: 0,
  open: 1,
  uncollectible: 2,
  void: 3,
  deleted: 3,
  paid: 4,
};

/** What an event's type alone says of the status. Types that are not here say nothing. */
const STATUS_OF_TYPE: Record<string, InvoiceStatus> = {
  'invoice.finalized': 'open',
  'invoice.sent': 'open',
  'invoice.overdue': 'open',
  'invoice.will_be_due': 'open',
  'invoice.payment_action_required': 'open',
  'invoice.payment_attempt_required': 'open',
  'invoice.payment_failed': 'open',
  'invoice.marked_uncollectible': 'uncollectible',
  'invoice.voided': 'void',
  'invoice.deleted': 'deleted',
  'invoice.paid': 'paid',
  'invoice.payment_succeeded': 'paid',
  'invoice.overpaid': 'paid',
};

const isStatus = (status: string | null): status is InvoiceStatus =>
  status !== null && Object.hasOwn(STATUS_RANK, status);

/** The higher of what the payload and what the type says; Stripe documents no other statuses, and a strange one counts as draft. */
export function statusOf(type: string, payloadStatus: string | null): InvoiceStatus {
  const byPayload = isStatus(payloadStatus) ? payloadStatus : 'draft';
  const byType = STATUS_OF_TYPE[type] ?? 'draft';
  return STATUS_RANK[byType] > STATUS_RANK[byPayload] ? byType : byPayload;
}

/** The row that this event alone would leave. */
export function toInvoiceRecord(event: FactEvent, invoice: InvoiceFact & { readonly id: string }): InvoiceFactRecord {
  const period = readInvoicePeriod(invoice);
  const status = statusOf(event.type, invoice.status);
  return {
    id: invoice.id,
    subscriptionId: invoice.subscription,
    customerId: invoice.customer,
    status,
    billingReason: invoice.billingReason,
    currency: invoice.currency,
    total: invoice.total,
    amountPaid: invoice.amountPaid,
    invoicePeriodStart: toInstant(invoice.periodStart),
    invoicePeriodEnd: toInstant(invoice.periodEnd),
    periodStart: toInstant(period.start),
    periodEnd: toInstant(period.end),
    toleranceSeconds: period.toleranceSeconds,
    linesVerdict: period.verdict,
    lines: invoice.lines,
    areLinesTruncated: invoice.linesTruncated,
    ...readIntentName(invoice.subscriptionMetadata).name,
    hasFetchedLines: false,
    outcome: null,
    isLinked: false,
    wantedRenewalId: null,
    paidAt: toInstant(invoice.paidAt) ?? (status === 'paid' ? event.created : null),
    createdAt: toInstant(invoice.created) ?? event.created ?? event.receivedAt,
    asOf: event.created,
    asOfEventId: event.id,
  };
}

/**
 * The total order of an invoice's events: (status, `created`, event id). The fact is that of the last, whatever order they came in.
 * Negative where `a` is the earlier.
 */
export function compareInvoices(a: InvoiceRecord, b: InvoiceRecord): number {
  return (
    STATUS_RANK[a.status] - STATUS_RANK[b.status] ||
    toTime(a.asOf) - toTime(b.asOf) ||
    (a.asOfEventId < b.asOfEventId ? -1 : a.asOfEventId > b.asOfEventId ? 1 : 0)
  );
}

export function toInstant(seconds: number | null): Date | null {
  return seconds === null ? null : new Date(seconds * 1000);
}

function toTime(instant: Date | null): number {
  return instant === null ? Number.MIN_SAFE_INTEGER : instant.getTime();
}
