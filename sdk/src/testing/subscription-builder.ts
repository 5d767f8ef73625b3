import { type Layout, stableId, type StripeObject } from './stripe-object.js';
import { addMonths, type Time, toSeconds, toSecondsOrNull } from './time.js';

export interface SubscriptionItemSpec {
  readonly id?: string;
  readonly price?: string;
  readonly quantity?: number;
  readonly currentPeriodStart?: Time | null;
  readonly currentPeriodEnd?: Time | null;
}

export interface SubscriptionSpec {
  readonly layout?: Layout;
  readonly id?: string;
  readonly customer?: string | null;
  readonly status?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly created?: Time;
  readonly startDate?: Time;
  readonly trialStart?: Time | null;
  readonly trialEnd?: Time | null;
  /** On every item in the new layout, on the subscription in the old one: a year from `created`, if left out. */
  readonly currentPeriodStart?: Time | null;
  readonly currentPeriodEnd?: Time | null;
  readonly cancelAt?: Time | null;
  readonly cancelAtPeriodEnd?: boolean;
  readonly canceledAt?: Time | null;
  readonly endedAt?: Time | null;
  readonly latestInvoice?: string | null;
  readonly pendingUpdate?: Readonly<Record<string, unknown>> | null;
  readonly items?: readonly SubscriptionItemSpec[];
  /** Fields to replace or to add, as Stripe writes them. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

/** An active yearly subscription, unless the spec says otherwise. The same spec gives the same subscription. */
export function aSubscription(spec: SubscriptionSpec = {}): StripeObject {
  const id = spec.id ?? 'sub_1Acme000000000000000000';
  const created = toSeconds(spec.created ?? '2026-03-01T00:00:00Z');
  return {
    id,
    object: 'subscription',
    ...CONSTANT_FIELDS,
    billing_cycle_anchor: toSeconds(spec.trialEnd ?? created),
    created,
    customer: spec.customer === undefined ? 'cus_1Acme0000000000' : spec.customer,
    items: itemsOf(spec, id, created),
    latest_invoice: spec.latestInvoice ?? null,
    metadata: spec.metadata ?? {},
    pending_update: spec.pendingUpdate ?? null,
    start_date: toSeconds(spec.startDate ?? created),
    status: spec.status ?? 'active',
    trial_end: toSecondsOrNull(spec.trialEnd ?? null),
    trial_start: toSecondsOrNull(spec.trialStart ?? null),
    ...cancellationFields(spec),
    ...(spec.layout === 'legacy' ? periodFields(spec, created) : {}),
    ...spec.raw,
  };
}

function cancellationFields(spec: SubscriptionSpec): Record<string, unknown> {
  return {
    cancel_at: toSecondsOrNull(spec.cancelAt ?? null),
    cancel_at_period_end: spec.cancelAtPeriodEnd ?? false,
    canceled_at: toSecondsOrNull(spec.canceledAt ?? null),
    cancellation_details: { comment: null, feedback: null, reason: null },
    ended_at: toSecondsOrNull(spec.endedAt ?? null),
  };
}

function itemsOf(spec: SubscriptionSpec, subscription: string, created: number): Record<string, unknown> {
  const data = (spec.items ?? [{}]).map((item, index) => ({
    id: item.id ?? stableId('si', subscription, index),
    object: 'subscription_item',
    created,
    discounts: [],
    metadata: {},
    price: aPrice(item.price ?? 'price_1TeamYearly000000000000'),
    quantity: item.quantity ?? 10,
    subscription,
    tax_rates: [],
    ...(spec.layout === 'legacy' ? {} : periodFields({ ...spec, ...item }, created)),
  }));
  return {
    object: 'list',
    data,
    has_more: false,
    total_count: data.length,
    url: `/v1/subscription_items?subscription=${subscription}`,
  };
}

function aPrice(id: string): Record<string, unknown> {
  return {
    id,
    object: 'price',
    active: true,
    billing_scheme: 'per_unit',
    created: 1_700_000_000,
    currency: 'usd',
    livemode: false,
    metadata: {},
    nickname: 'Team',
    product: 'prod_1TeamPlan0000000000',
    recurring: { interval: 'year', interval_count: 1, meter: null, trial_period_days: null, usage_type: 'licensed' },
    type: 'recurring',
    unit_amount: 24_000,
    unit_amount_decimal: '24000',
  };
}

function periodFields(
  spec: Pick<SubscriptionSpec, 'currentPeriodStart' | 'currentPeriodEnd'>,
  created: number,
): Record<string, unknown> {
  const start = spec.currentPeriodStart === undefined ? created : toSecondsOrNull(spec.currentPeriodStart);
  const end =
    spec.currentPeriodEnd === undefined ? addMonths(start ?? created, 12) : toSecondsOrNull(spec.currentPeriodEnd);
  return { current_period_end: end, current_period_start: start };
}

const CONSTANT_FIELDS = {
  application: null,
  application_fee_percent: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_cycle_anchor_config: null,
  billing_mode: { type: 'classic' },
  billing_thresholds: null,
  collection_method: 'charge_automatically',
  currency: 'usd',
  days_until_due: null,
  default_payment_method: 'pm_1Acme00000000000000000',
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  invoice_settings: { account_tax_ids: null, issuer: { type: 'self' } },
  livemode: false,
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pause_collection: null,
  payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  schedule: null,
  test_clock: null,
  transfer_data: null,
  trial_settings: { end_behavior: { missing_payment_method: 'create_invoice' } },
};
