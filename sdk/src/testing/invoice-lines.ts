import { type Layout, stableId } from './stripe-object.js';
import { type Time, toSeconds } from './time.js';

export interface LineSpec {
  readonly id?: string;
  /** `item` is an invoice item: one-off, or a proration. */
  readonly kind?: 'subscription' | 'item';
  /** Null: the line names none. */
  readonly subscription?: string | null;
  readonly price?: string;
  readonly amount?: number;
  readonly quantity?: number;
  readonly proration?: boolean;
  readonly start?: Time;
  readonly end?: Time;
  readonly description?: string;
  /** Fields to replace or to add, as Stripe writes them. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

/** What a line takes from its invoice where its own spec says nothing. */
export interface LineDefaults {
  readonly layout: Layout;
  readonly invoice: string;
  readonly subscription: string | null;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly start: number;
  readonly end: number;
  readonly index: number;
}

type Line = Required<Omit<LineSpec, 'raw' | 'start' | 'end'>> & { readonly item: string };

export function aLine(spec: LineSpec, defaults: LineDefaults): Record<string, unknown> {
  const id = spec.id ?? stableId('il', defaults.invoice, defaults.index);
  const line: Line = {
    kind: 'subscription',
    subscription: defaults.subscription,
    price: 'price_1TeamYearly000000000000',
    amount: 240_000,
    quantity: 10,
    proration: false,
    description: '10 × Team plan (at $240.00 / year)',
    ...spec,
    id,
    item: stableId(spec.kind === 'item' ? 'ii' : 'si', id),
  };
  return {
    id,
    object: 'line_item',
    amount: line.amount,
    currency: defaults.currency,
    description: line.description,
    discount_amounts: [],
    discountable: !line.proration,
    discounts: [],
    invoice: defaults.invoice,
    livemode: false,
    metadata: line.kind === 'subscription' ? defaults.metadata : {},
    period: { end: toSeconds(spec.end ?? defaults.end), start: toSeconds(spec.start ?? defaults.start) },
    pretax_credit_amounts: [],
    quantity: line.quantity,
    ...(defaults.layout === 'basil' ? basilFields(line) : legacyFields(line, defaults)),
    ...spec.raw,
  };
}

function basilFields(line: Line): Record<string, unknown> {
  const ofSubscription = line.kind === 'subscription';
  const shared = {
    proration: line.proration,
    proration_details: { credited_items: null },
    subscription: line.subscription,
  };
  return {
    parent: {
      invoice_item_details: ofSubscription ? null : { invoice_item: line.item, ...shared },
      subscription_item_details: ofSubscription
        ? { invoice_item: null, ...shared, subscription_item: line.item }
        : null,
      type: ofSubscription ? 'subscription_item_details' : 'invoice_item_details',
    },
    pricing: {
      price_details: { price: line.price, product: 'prod_1TeamPlan0000000000' },
      type: 'price_details',
      unit_amount_decimal: unitAmount(line),
    },
    taxes: [],
  };
}

function legacyFields(line: Line, { currency }: LineDefaults): Record<string, unknown> {
  return {
    amount_excluding_tax: line.amount,
    plan: {
      ...planFields(line.price, currency),
      object: 'plan',
      amount: Number(unitAmount(line)),
      interval: 'year',
      interval_count: 1,
    },
    price: {
      ...planFields(line.price, currency),
      object: 'price',
      type: 'recurring',
      recurring: { interval: 'year', interval_count: 1 },
    },
    proration: line.proration,
    proration_details: { credited_items: null },
    subscription: line.subscription,
    ...(line.kind === 'subscription' ? { subscription_item: line.item } : { invoice_item: line.item }),
    tax_amounts: [],
    tax_rates: [],
    type: line.kind === 'subscription' ? 'subscription' : 'invoiceitem',
    unit_amount_excluding_tax: unitAmount(line),
  };
}

function planFields(price: string, currency: string): Record<string, unknown> {
  return {
    id: price,
    active: true,
    billing_scheme: 'per_unit',
    created: 1_700_000_000,
    currency,
    livemode: false,
    metadata: {},
    nickname: null,
  };
}

function unitAmount({ amount, quantity }: Line): string {
  return String(quantity === 0 ? 0 : Math.trunc(amount / quantity));
}
