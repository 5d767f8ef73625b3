import { readInvoice, type InvoiceFact, type InvoiceLine } from '@renewal-ledger/sdk';
import { anInvoice, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';

type ReadLine = Partial<InvoiceLine>;
interface Expected extends Partial<Omit<InvoiceFact, 'lines'>> {
  readonly lines?: readonly ReadLine[];
}

const oneLine = (line: Record<string, unknown>) => ({ lines: { data: [{ id: 'il_1', ...line }] } });

const ofOneLayout: [string, Record<string, unknown>, Expected][] = [
  [
    'an old subscription that is expanded',
    { subscription: { id: 'sub_9', metadata: { a: '1' } } },
    { subscription: 'sub_9', subscriptionMetadata: { a: '1' } },
  ],
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
  [
    'both layouts at once, the new one first',
    { subscription: 'sub_old', parent: { subscription_details: { subscription: 'sub_new' } } },
    { subscription: 'sub_new' },
  ],
  [
    'both layouts at once, the new one silent',
    { subscription: 'sub_old', parent: { subscription_details: { subscription: null } } },
    { subscription: 'sub_old' },
  ],
  ['both layouts at once, the parent null', { subscription: 'sub_old', parent: null }, { subscription: 'sub_old' }],
  [
    'a parent that is a quote',
    { parent: { type: 'quote_details', quote_details: { quote: 'qt_1' }, subscription_details: null } },
    { subscription: null },
  ],
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
  [
    'a line of the new layout with only its type',
    oneLine({ parent: { type: 'subscription_item_details' } }),
    { lines: [{ kind: 'subscription', subscription: null }] },
  ],
  [
    'a line of the new layout with only its details',
    oneLine({
      parent: { subscription_item_details: { subscription: 'sub_1', proration: true }, invoice_item_details: null },
    }),
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
      parent: {
        type: 'subscription_item_details',
        subscription_item_details: { proration: false, subscription: 'sub_new' },
      },
      pricing: { price_details: { price: 'price_new' } },
    }),
    { lines: [{ kind: 'subscription', proration: false, subscription: 'sub_new', price: 'price_new' }] },
  ],
  [
    'a line in both layouts, the new one silent',
    oneLine({
      type: 'subscription',
      proration: true,
      subscription: 'sub_old',
      plan: { id: 'plan_old' },
      parent: null,
      pricing: null,
    }),
    { lines: [{ kind: 'subscription', proration: true, subscription: 'sub_old', price: 'plan_old' }] },
  ],
  [
    'an expanded price',
    oneLine({ pricing: { price_details: { price: { id: 'price_x' } } } }),
    { lines: [{ price: 'price_x' }] },
  ],
  [
    'an expanded subscription of a line',
    oneLine({ subscription: { id: 'sub_x' } }),
    { lines: [{ subscription: 'sub_x' }] },
  ],
  [
    'an old proration of an invoice item',
    oneLine({ type: 'invoiceitem', proration: true }),
    { lines: [{ kind: 'other', proration: true }] },
  ],
  [
    'a line type that is unknown',
    oneLine({ parent: { type: 'credit_note_details' } }),
    { lines: [{ kind: 'other', proration: false }] },
  ],
];

describe('readInvoice reads', () => {
  it.each(ofOneLayout)('%s', (_name, invoice, expected) => {
    expect(readInvoice(invoice)).toMatchObject(expected);
  });

  it.each([null, undefined, 'in_1', 7, [], {}])('%j as an invoice of which nothing is known', (nothing) => {
    const fact = readInvoice(nothing);
    expect(fact).toMatchObject({
      id: null,
      subscription: null,
      lines: [],
      subscriptionMetadata: {},
      linesTruncated: false,
    });
  });

  it('a key named __proto__ as plain data', () => {
    const fact = readInvoice(JSON.parse('{"subscription_details":{"metadata":{"__proto__":"x","a":"1"}}}'));
    expect(Object.getPrototypeOf(fact.subscriptionMetadata)).toBe(Object.prototype);
    expect(Object.entries(fact.subscriptionMetadata)).toContainEqual(['a', '1']);
  });

  it('the same fact from either layout', () => {
    const spec: InvoiceSpec = { metadata: { a: '1' }, lines: [{ kind: 'item', proration: true }, {}] };
    expect(readInvoice(anInvoice({ ...spec, layout: 'legacy' }))).toEqual(
      readInvoice(anInvoice({ ...spec, layout: 'basil' })),
    );
  });
});
