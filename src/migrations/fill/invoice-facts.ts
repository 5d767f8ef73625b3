import { readPeriod } from './invoice-period.js';
import { readName, type Told } from './read-event.js';
import { compareText, type InvoiceRow, type NewInvoiceRow, timeOf, toInstant } from './rows.js';

const STATUSES = ['draft', 'open', 'uncollectible', 'void', 'deleted', 'paid'];

const rankOf = (status: string): number => (status === 'deleted' ? STATUSES.indexOf('void') : STATUSES.indexOf(status));

const STATUS_OF_TYPE: Readonly<Record<string, string>> = {
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

/** The higher of what the payload and what the type says. */
function statusOf(type: string, payload: string | null): string {
  const byPayload = payload !== null && STATUSES.includes(payload) ? payload : 'draft';
  const byType = STATUS_OF_TYPE[type] ?? 'draft';
  return rankOf(byType) > rankOf(byPayload) ? byType : byPayload;
}

/** The row that this event alone would leave. */
export function toInvoiceRow({ event, invoice }: Extract<Told, { invoice: object }>): NewInvoiceRow {
  const period = readPeriod(invoice);
  const status = statusOf(event.type, invoice.status);
  return {
    id: invoice.id,
    stripe_subscription_id: invoice.subscription,
    stripe_customer_id: invoice.customer,
    status,
    billing_reason: invoice.billingReason,
    currency: invoice.currency,
    total: invoice.total,
    amount_paid: invoice.amountPaid,
    invoice_period_start: toInstant(invoice.periodStart),
    invoice_period_end: toInstant(invoice.periodEnd),
    period_start: toInstant(period.start),
    period_end: toInstant(period.end),
    tolerance_seconds: period.tolerance,
    lines_verdict: period.verdict,
    lines: invoice.lines,
    are_lines_truncated: invoice.linesTruncated,
    ...readName(invoice.subscriptionMetadata),
    paid_at: toInstant(invoice.paidAt) ?? (status === 'paid' ? event.created : null),
    created_at: toInstant(invoice.created) ?? event.created ?? event.receivedAt,
    as_of: event.created,
    as_of_event_id: event.id,
    outcome: null,
  };
}

/** The total order of an invoice's events: status, Stripe's time, event id. The fact is that of the last. */
export function compareInvoices(a: InvoiceRow, b: InvoiceRow): number {
  return (
    rankOf(a.status) - rankOf(b.status) ||
    timeOf(a.as_of) - timeOf(b.as_of) ||
    compareText(a.as_of_event_id, b.as_of_event_id)
  );
}
