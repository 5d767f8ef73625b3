import { aLine, type LineSpec } from './invoice-lines.js';
import { constantInvoiceFields } from './invoice-fields.js';
import { type Layout, stableId, type StripeObject } from './stripe-object.js';
import { addMonths, type Time, toSeconds, toSecondsOrNull } from './time.js';

export interface InvoiceSpec {
  readonly layout?: Layout;
  /** Left out: the same for the same subscription, service start and billing reason. */
  readonly id?: string;
  readonly subscription?: string | null;
  readonly customer?: string | null;
  readonly status?: 'draft' | 'open' | 'paid' | 'uncollectible' | 'void' | null;
  readonly billingReason?: string | null;
  readonly currency?: string;
  /** The service that the subscription's line charges for: a year from 2026-03-01 if left out. */
  readonly serviceStart?: Time;
  readonly serviceEnd?: Time;
  readonly created?: Time;
  /** `period_start` and `period_end`, the time in which items were collected; the period before the service, if left out. */
  readonly periodStart?: Time | null;
  readonly periodEnd?: Time | null;
  readonly paidAt?: Time | null;
  readonly total?: number;
  readonly amountPaid?: number;
  /** The subscription's. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** One line of the subscription for the service, if left out. */
  readonly lines?: readonly LineSpec[];
  readonly hasMore?: boolean;
  /** Fields to replace or to add, as Stripe writes them. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

/** A paid yearly invoice of a subscription, in full size, unless the spec says otherwise. The same spec gives the same invoice. */
export function anInvoice(spec: InvoiceSpec = {}): StripeObject {
  const { layout = 'basil', subscription = 'sub_1Acme000000000000000000' } = spec;
  const { billingReason = 'subscription_cycle', metadata = {} } = spec;
  const start = toSeconds(spec.serviceStart ?? '2026-03-01T00:00:00Z');
  const end = toSeconds(spec.serviceEnd ?? addMonths(start, 12));
  const id = spec.id ?? stableId('in', subscription, start, billingReason);
  const currency = spec.currency ?? 'usd';
  const lines = (spec.lines ?? [{}]).map((line, index) =>
    aLine(line, { layout, invoice: id, subscription, currency, metadata, start, end, index }),
  );
  return {
    id,
    object: 'invoice',
    ...constantInvoiceFields(layout, id),
    billing_reason: billingReason,
    currency,
    customer: spec.customer === undefined ? 'cus_1Acme0000000000' : spec.customer,
    ...periodFields(spec, start, end),
    ...moneyFields(spec, layout, lines),
    ...subscriptionFields(layout, subscription, metadata),
    lines: {
      object: 'list',
      data: lines,
      has_more: spec.hasMore ?? false,
      total_count: lines.length,
      url: `/v1/invoices/${id}/lines`,
    },
    ...spec.raw,
  };
}

function periodFields(spec: InvoiceSpec, start: number, end: number): Record<string, unknown> {
  const before = spec.billingReason === 'subscription_create' ? start : start - (end - start);
  return {
    created: toSeconds(spec.created ?? start),
    period_end: toSecondsOrNull(spec.periodEnd === undefined ? start : spec.periodEnd),
    period_start: toSecondsOrNull(spec.periodStart === undefined ? before : spec.periodStart),
    status_transitions: transitionsOf(spec, toSeconds(spec.created ?? start)),
  };
}

const FINALIZED_AFTER = 3_600; // Stripe keeps a subscription's invoice a draft for about an hour

function transitionsOf({ status = 'paid', paidAt }: InvoiceSpec, created: number): Record<string, number | null> {
  const later = created + FINALIZED_AFTER;
  return {
    finalized_at: status === 'draft' ? null : later,
    marked_uncollectible_at: status === 'uncollectible' ? later : null,
    paid_at: paidAt === undefined ? (status === 'paid' ? later : null) : toSecondsOrNull(paidAt),
    voided_at: status === 'void' ? later : null,
  };
}

function moneyFields(
  spec: InvoiceSpec,
  layout: Layout,
  lines: readonly Record<string, unknown>[],
): Record<string, unknown> {
  const { status = 'paid', total = lines.reduce((sum, line) => sum + Number(line['amount']), 0) } = spec;
  const paid = spec.amountPaid ?? (status === 'paid' ? Math.max(0, total) : 0);
  const due = Math.max(0, total);
  return {
    amount_due: due,
    amount_paid: paid,
    amount_remaining: due - paid,
    attempted: status === 'paid',
    attempt_count: status === 'paid' ? 1 : 0,
    status,
    subtotal: total,
    subtotal_excluding_tax: total,
    total,
    total_excluding_tax: total,
    ...(layout === 'legacy' ? { paid: status === 'paid', paid_out_of_band: false } : {}),
  };
}

function subscriptionFields(
  layout: Layout,
  subscription: string | null,
  metadata: Readonly<Record<string, string>>,
): Record<string, unknown> {
  if (layout === 'legacy') return { subscription, subscription_details: subscription === null ? null : { metadata } };
  if (subscription === null) return { parent: null };
  return {
    parent: { quote_details: null, subscription_details: { metadata, subscription }, type: 'subscription_details' },
  };
}
