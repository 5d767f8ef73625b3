import type { InvoiceSpec } from '../invoice-builder.js';
import { stableId } from '../stripe-object.js';
import { DAY } from '../time.js';
import type { Cycle, LifeSpec } from './life.js';
import type { LifeRecorder } from './life-recorder.js';

const HOUR = 3_600;

interface FirstInvoice {
  readonly subscription: string;
  readonly spec: LifeSpec;
  readonly start: number;
  readonly end: number;
  readonly amount: number;
}

/** The invoice that comes with the subscription itself; that of a trial is of zero. Stripe pays it at once. */
export function recordFirstInvoice(
  recorder: LifeRecorder,
  { subscription, spec, start, end, amount }: FirstInvoice,
): void {
  const invoice: InvoiceSpec = {
    ...commonOf(subscription, spec),
    billingReason: 'subscription_create',
    serviceStart: start,
    serviceEnd: end,
    paidAt: start,
    lines: [{ amount }],
  };
  for (const type of ['invoice.created', 'invoice.finalized', 'invoice.paid', 'invoice.payment_succeeded']) {
    recorder.invoice(type, start, invoice);
  }
}

/** A preview, which has no id, a week ahead. */
export function recordUpcoming(recorder: LifeRecorder, cycle: Cycle): void {
  const preview: InvoiceSpec = {
    ...invoiceOf(cycle),
    status: 'draft',
    billingReason: 'upcoming',
    raw: { id: undefined },
  };
  recorder.invoice('invoice.upcoming', cycle.start - 7 * DAY, preview);
}

export function recordCycle(recorder: LifeRecorder, cycle: Cycle): void {
  const { start, end, spec, number } = cycle;
  const draft = spec.reissued?.includes(number) ? stableId('in', cycle.subscription, start, 'once') : cycle.invoice;
  recorder.subscription('customer.subscription.updated', start, {
    status: 'active',
    currentPeriodStart: start,
    currentPeriodEnd: end,
    latestInvoice: draft,
  });
  if (draft !== cycle.invoice) recordVoided(recorder, cycle, draft);
  const created = start + (draft === cycle.invoice ? 0 : 2 * HOUR);
  const invoice: InvoiceSpec = { ...invoiceOf(cycle), created };
  recorder.invoice('invoice.created', created, { ...invoice, status: 'draft' });
  recorder.invoice('invoice.finalized', created + HOUR, { ...invoice, status: 'open' });
  const fails = spec.failing?.includes(number) ?? false;
  if (fails) recordFailure(recorder, invoice, created + HOUR);
  recordPayment(recorder, invoice, created + HOUR + (fails ? 3 * DAY : 0));
  if (fails) recorder.subscription('customer.subscription.updated', created + HOUR + 3 * DAY, { status: 'active' });
}

/** A change of plan in the middle of a cycle, whose invoice holds prorations only. */
export function recordUpgrade(recorder: LifeRecorder, cycle: Cycle): void {
  const { start, end, subscription, spec } = cycle;
  const at = start + Math.floor((end - start) / 2);
  const price = 'price_1TeamPlusYearly00000000';
  const proration = { kind: 'item', proration: true, start: at, end } as const;
  const invoice: InvoiceSpec = {
    ...commonOf(subscription, spec),
    billingReason: 'subscription_update',
    serviceStart: at,
    serviceEnd: end,
    paidAt: at,
    lines: [
      { ...proration, amount: -100_000 },
      { ...proration, amount: 130_000, price },
    ],
  };
  recorder.subscription('customer.subscription.updated', at, { items: [{ price }] });
  for (const type of ['invoice.created', 'invoice.finalized', 'invoice.paid', 'invoice.payment_succeeded'])
    recorder.invoice(type, at, invoice);
}

function recordVoided(recorder: LifeRecorder, cycle: Cycle, id: string): void {
  const invoice: InvoiceSpec = { ...invoiceOf(cycle), id };
  recorder.invoice('invoice.created', cycle.start, { ...invoice, status: 'draft' });
  recorder.invoice('invoice.finalized', cycle.start + HOUR, { ...invoice, status: 'open' });
  recorder.invoice('invoice.voided', cycle.start + 2 * HOUR, { ...invoice, status: 'void' });
}

function recordFailure(recorder: LifeRecorder, invoice: InvoiceSpec, at: number): void {
  recorder.invoice('invoice.payment_failed', at, { ...invoice, status: 'open' });
  recorder.subscription('customer.subscription.updated', at, { status: 'past_due' });
}

function recordPayment(recorder: LifeRecorder, invoice: InvoiceSpec, at: number): void {
  recorder.invoice('invoice.paid', at, { ...invoice, paidAt: at });
  recorder.invoice('invoice.payment_succeeded', at, { ...invoice, paidAt: at });
}

function invoiceOf(cycle: Cycle): InvoiceSpec {
  const { spec, subscription, previous } = cycle;
  return {
    ...commonOf(subscription, spec),
    id: cycle.invoice,
    billingReason: 'subscription_cycle',
    serviceStart: cycle.start,
    serviceEnd: cycle.end,
    periodStart: previous.start,
    periodEnd: previous.end,
    lines: [{ amount: spec.amount ?? 240_000 }],
  };
}

function commonOf(subscription: string, spec: LifeSpec): InvoiceSpec {
  return { subscription, customer: spec.customer ?? stableId('cus', subscription), metadata: spec.metadata ?? {} };
}
