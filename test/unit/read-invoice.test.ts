import { readInvoice, type InvoiceFact, type InvoiceLine } from '@renewal-ledger/sdk';
import { anInvoice, type InvoiceSpec, type Layout, type LineSpec } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';

const LAYOUTS: readonly Layout[] = ['basil', 'legacy'];
const START = 1_772_323_200; // 2026-03-01
const END = 1_803_859_200; // 2027-03-01

type ReadLine = Partial<InvoiceLine>;
interface Expected extends Partial<Omit<InvoiceFact, 'lines'>> {
  readonly lines?: readonly ReadLine[];
}

const item = (spec: LineSpec = {}): LineSpec => ({ kind: 'item', ...spec });

const inBothLayouts: [string, InvoiceSpec, Expected][] = [
  [
    'an ordinary invoice',
    { id: 'in_1', subscription: 'sub_1', customer: 'cus_1' },
    {
      id: 'in_1',
      status: 'paid',
      subscription: 'sub_1',
      customer: 'cus_1',
      billingReason: 'subscription_cycle',
      currency: 'usd',
      total: 240_000,
      amountPaid: 240_000,
      created: START,
      periodEnd: START,
      paidAt: START + 3600,
      linesTruncated: false,
      lines: [{ subscription: 'sub_1', kind: 'subscription', proration: false, periodStart: START, periodEnd: END, amount: 240_000 }],
    },
  ],
  ['the price by its id', { lines: [{ price: 'price_9' }] }, { lines: [{ price: 'price_9' }] }],
  ["the subscription's metadata", { metadata: { checkout_intent_id: '41' } }, { subscriptionMetadata: { checkout_intent_id: '41' } }],
  ['no metadata', { metadata: {} }, { subscriptionMetadata: {} }],
  [
    'prorations before the subscription line, kept in their order',
    { lines: [item({ proration: true, amount: -500 }), item({ proration: true, amount: 900 }), {}] },
    {
      lines: [
        { kind: 'other', proration: true, amount: -500 },
        { kind: 'other', proration: true, amount: 900 },
        { kind: 'subscription', proration: false },
      ],
    },
  ],
  ['a proration that is a subscription line', { lines: [{ proration: true }] }, { lines: [{ kind: 'subscription', proration: true }] }],
  ['a one-off line first', { lines: [item({ subscription: null }), {}] }, { lines: [{ kind: 'other', proration: false, subscription: null }, { kind: 'subscription' }] }],
  ['usage in arrears with its own period', { lines: [{ start: START - 100, end: START }] }, { lines: [{ periodStart: START - 100, periodEnd: START }] }],
  ['several items', { lines: [{ price: 'price_a' }, { price: 'price_b' }] }, { lines: [{ price: 'price_a' }, { price: 'price_b' }] }],
  [
    'lines of two subscriptions',
    { subscription: 'sub_1', lines: [{ subscription: 'sub_2' }, {}] },
    { subscription: 'sub_1', lines: [{ subscription: 'sub_2' }, { subscription: 'sub_1' }] },
  ],
  ['a line that names no subscription', { lines: [{ subscription: null }] }, { lines: [{ kind: 'subscription', subscription: null }] }],
  ['more lines than the payload holds', { hasMore: true }, { linesTruncated: true }],
  ['no lines at all', { lines: [], total: 0 }, { lines: [], linesTruncated: false }],
  ['a line of a second before midnight', { lines: [{ start: '2026-02-28T23:59:59Z' }] }, { lines: [{ periodStart: START - 1 }] }],
  ['a leap day', { serviceStart: '2028-02-29T00:00:00Z' }, { lines: [{ periodStart: 1_835_395_200, periodEnd: 1_866_931_200 }] }],
  ['a date with an offset', { serviceStart: '2026-03-01T02:00:00+02:00' }, { created: START }],
  ['a total of zero', { lines: [{ amount: 0 }] }, { total: 0, amountPaid: 0, status: 'paid' }],
  ['a negative total', { lines: [{ amount: -700 }] }, { total: -700, amountPaid: 0, lines: [{ amount: -700 }] }],
  ['an amount beyond 2^31', { total: 9_000_000_000_000 }, { total: 9_000_000_000_000, amountPaid: 9_000_000_000_000 }],
  ['an amount beyond what is exact', { total: 2 ** 53 }, { total: null, amountPaid: null }],
  ['no billing reason', { billingReason: null }, { billingReason: null }],
  ['the oldest billing reason', { billingReason: 'subscription' }, { billingReason: 'subscription' }],
  ['a draft', { status: 'draft' }, { status: 'draft', paidAt: null, amountPaid: 0 }],
  ['a void invoice', { status: 'void' }, { status: 'void', paidAt: null }],
  ['no subscription', { subscription: null, lines: [item()] }, { subscription: null, lines: [{ subscription: null, kind: 'other' }] }],
  ['no customer', { customer: null }, { customer: null }],
  ['no times', { periodStart: null, periodEnd: null, paidAt: null }, { periodStart: null, periodEnd: null, paidAt: null }],
  [
    'an expanded customer',
    { raw: { customer: { id: 'cus_9', object: 'customer', email: null } } },
    { customer: 'cus_9' },
  ],
  ['a deleted customer', { raw: { customer: { id: 'cus_9', object: 'customer', deleted: true } } }, { customer: 'cus_9' }],
  ['lines that are null', { raw: { lines: null } }, { lines: [], linesTruncated: false }],
  ['lines that are not a list', { raw: { lines: { data: 'none', has_more: 'true' } } }, { lines: [], linesTruncated: false }],
  ['entries that are no lines', { raw: { lines: { data: [null, 7, 'il_1', [], { id: 'il_2' }] } } }, { lines: [{ id: 'il_2', kind: 'other', periodStart: null, amount: null }] }],
  ['a line without a period', { lines: [{ raw: { period: null } }] }, { lines: [{ periodStart: null, periodEnd: null }] }],
  ['a period whose end is text', { lines: [{ raw: { period: { start: START, end: String(END) } } }] }, { lines: [{ periodStart: START, periodEnd: null }] }],
  ['a preview without id', { raw: { id: undefined } }, { id: null, subscription: 'sub_1Acme000000000000000000' }],
  ['an id that is a number', { raw: { id: 42 } }, { id: null }],
  ['an id with NUL', { raw: { id: 'in_\0' } }, { id: null }],
  ['amounts that are text or fractions', { raw: { total: '100', amount_paid: 10.5 } }, { total: null, amountPaid: null }],
  ['times that no Date can hold', { raw: { created: 8.64e12 + 1, period_end: -1, period_start: 1e300 } }, { created: null, periodEnd: null, periodStart: null }],
  ['the last time that a Date can hold', { raw: { created: 8.64e12 } }, { created: 8.64e12 }],
  ['fields that are lists and objects', { raw: { status: ['paid'], currency: {}, billing_reason: 7 } }, { status: null, currency: null, billingReason: null }],
];

describe.each(LAYOUTS)('readInvoice reads, in the %s layout,', (layout) => {
  it.each(inBothLayouts)('%s', (_name, spec, expected) => {
    expect(readInvoice(anInvoice({ ...spec, layout }))).toMatchObject(expected);
  });
});

const oneLine = (line: Record<string, unknown>) => ({ lines: { data: [{ id: 'il_1', ...line }] } });

const ofOneLayout: [string, Record<string, unknown>, Expected][] = [
  ['an old subscription that is expanded', { subscription: { id: 'sub_9', metadata: { a: '1' } } }, { subscription: 'sub_9', subscriptionMetadata: { a: '1' } }],
  [
    'a new subscription that is expanded',
    { parent: { subscription_details: { subscription: { id: 'sub_9', metadata: { a: '1' } }, metadata: null } } },
    { subscription: 'sub_9', subscriptionMetadata: { a: '1' } },
  ],
  [
    "the invoice's snapshot of metadata before the subscription's of today",
    { subscription: { id: 'sub_9', metadata: { a: 'today' } }, subscription_details: { metadata: { a: 'then' } } },
    { subscriptionMetadata: { a: 'then' } },
  ],
  ['both layouts at once, the new one first', { subscription: 'sub_old', parent: { subscription_details: { subscription: 'sub_new' } } }, { subscription: 'sub_new' }],
  ['both layouts at once, the new one silent', { subscription: 'sub_old', parent: { subscription_details: { subscription: null } } }, { subscription: 'sub_old' }],
  ['both layouts at once, the parent null', { subscription: 'sub_old', parent: null }, { subscription: 'sub_old' }],
  ['a parent that is a quote', { parent: { type: 'quote_details', quote_details: { quote: 'qt_1' }, subscription_details: null } }, { subscription: null }],
  [
    'both layouts of metadata, the empty one as none',
    { parent: { subscription_details: { metadata: {} } }, subscription_details: { metadata: { a: 'old' } } },
    { subscriptionMetadata: { a: 'old' } },
  ],
  [
    "metadata from the subscription's line where the invoice has none",
    {
      subscription: 'sub_1',
      lines: {
        data: [
          { type: 'invoiceitem', metadata: { a: 'item' } },
          { type: 'subscription', subscription: 'sub_2', metadata: { a: 'other' } },
          { type: 'subscription', subscription: 'sub_1', metadata: {} },
          { type: 'subscription', subscription: 'sub_1', metadata: { a: 'own' } },
        ],
      },
    },
    { subscriptionMetadata: { a: 'own' } },
  ],
  [
    'metadata that is not text',
    { subscription_details: { metadata: { id: 41, yes: true, list: [], none: null, nul: 'a\0b' } } },
    { subscriptionMetadata: { id: '41', yes: 'true' } },
  ],
  ['a line of the new layout with only its type', oneLine({ parent: { type: 'subscription_item_details' } }), { lines: [{ kind: 'subscription', subscription: null }] }],
  [
    'a line of the new layout with only its details',
    oneLine({ parent: { subscription_item_details: { subscription: 'sub_1', proration: true }, invoice_item_details: null } }),
    { lines: [{ kind: 'subscription', subscription: 'sub_1', proration: true }] },
  ],
  [
    'a line that fills both details, by its type',
    oneLine({
      parent: {
        type: 'invoice_item_details',
        invoice_item_details: { proration: false, subscription: null },
        subscription_item_details: { proration: true, subscription: 'sub_9' },
      },
    }),
    { lines: [{ kind: 'other', proration: false, subscription: null }] },
  ],
  [
    'a line in both layouts, the new one first',
    oneLine({
      type: 'invoiceitem',
      proration: true,
      subscription: 'sub_old',
      price: { id: 'price_old' },
      parent: { type: 'subscription_item_details', subscription_item_details: { proration: false, subscription: 'sub_new' } },
      pricing: { price_details: { price: 'price_new' } },
    }),
    { lines: [{ kind: 'subscription', proration: false, subscription: 'sub_new', price: 'price_new' }] },
  ],
  [
    'a line in both layouts, the new one silent',
    oneLine({ type: 'subscription', proration: true, subscription: 'sub_old', plan: { id: 'plan_old' }, parent: null, pricing: null }),
    { lines: [{ kind: 'subscription', proration: true, subscription: 'sub_old', price: 'plan_old' }] },
  ],
  ['an expanded price', oneLine({ pricing: { price_details: { price: { id: 'price_x' } } } }), { lines: [{ price: 'price_x' }] }],
  ['an expanded subscription of a line', oneLine({ subscription: { id: 'sub_x' } }), { lines: [{ subscription: 'sub_x' }] }],
  ['an old proration of an invoice item', oneLine({ type: 'invoiceitem', proration: true }), { lines: [{ kind: 'other', proration: true }] }],
  ['a line type that is unknown', oneLine({ parent: { type: 'credit_note_details' } }), { lines: [{ kind: 'other', proration: false }] }],
];

describe('readInvoice reads', () => {
  it.each(ofOneLayout)('%s', (_name, invoice, expected) => {
    expect(readInvoice(invoice)).toMatchObject(expected);
  });

  it.each([null, undefined, 'in_1', 7, [], {}])('%j as an invoice of which nothing is known', (nothing) => {
    const fact = readInvoice(nothing);
    expect(fact).toMatchObject({ id: null, subscription: null, lines: [], subscriptionMetadata: {}, linesTruncated: false });
  });

  it('a key named __proto__ as plain data', () => {
    const fact = readInvoice(JSON.parse('{"subscription_details":{"metadata":{"__proto__":"x","a":"1"}}}'));
    expect(Object.getPrototypeOf(fact.subscriptionMetadata)).toBe(Object.prototype);
    expect(Object.entries(fact.subscriptionMetadata)).toContainEqual(['a', '1']);
  });

  it('the same fact from either layout', () => {
    const spec: InvoiceSpec = { metadata: { a: '1' }, lines: [item({ proration: true }), {}] };
    expect(readInvoice(anInvoice({ ...spec, layout: 'legacy' }))).toEqual(readInvoice(anInvoice({ ...spec, layout: 'basil' })));
  });
});
