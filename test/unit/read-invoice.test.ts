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
      lines: [
        {
          subscription: 'sub_1',
          kind: 'subscription',
          proration: false,
          periodStart: START,
          periodEnd: END,
          amount: 240_000,
        },
      ],
    },
  ],
  ['the price by its id', { lines: [{ price: 'price_9' }] }, { lines: [{ price: 'price_9' }] }],
  [
    "the subscription's metadata",
    { metadata: { checkout_intent_id: '41' } },
    { subscriptionMetadata: { checkout_intent_id: '41' } },
  ],
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
  [
    'a proration that is a subscription line',
    { lines: [{ proration: true }] },
    { lines: [{ kind: 'subscription', proration: true }] },
  ],
  [
    'a one-off line first',
    { lines: [item({ subscription: null }), {}] },
    { lines: [{ kind: 'other', proration: false, subscription: null }, { kind: 'subscription' }] },
  ],
  [
    'usage in arrears with its own period',
    { lines: [{ start: START - 100, end: START }] },
    { lines: [{ periodStart: START - 100, periodEnd: START }] },
  ],
  [
    'several items',
    { lines: [{ price: 'price_a' }, { price: 'price_b' }] },
    { lines: [{ price: 'price_a' }, { price: 'price_b' }] },
  ],
  [
    'lines of two subscriptions',
    { subscription: 'sub_1', lines: [{ subscription: 'sub_2' }, {}] },
    { subscription: 'sub_1', lines: [{ subscription: 'sub_2' }, { subscription: 'sub_1' }] },
  ],
  [
    'a line that names no subscription',
    { lines: [{ subscription: null }] },
    { lines: [{ kind: 'subscription', subscription: null }] },
  ],
  ['more lines than the payload holds', { hasMore: true }, { linesTruncated: true }],
  ['no lines at all', { lines: [], total: 0 }, { lines: [], linesTruncated: false }],
  [
    'a line of a second before midnight',
    { lines: [{ start: '2026-02-28T23:59:59Z' }] },
    { lines: [{ periodStart: START - 1 }] },
  ],
  [
    'a leap day',
    { serviceStart: '2028-02-29T00:00:00Z' },
    { lines: [{ periodStart: 1_835_395_200, periodEnd: 1_866_931_200 }] },
  ],
  ['a date with an offset', { serviceStart: '2026-03-01T02:00:00+02:00' }, { created: START }],
  ['a total of zero', { lines: [{ amount: 0 }] }, { total: 0, amountPaid: 0, status: 'paid' }],
  ['a negative total', { lines: [{ amount: -700 }] }, { total: -700, amountPaid: 0, lines: [{ amount: -700 }] }],
  ['an amount beyond 2^31', { total: 9_000_000_000_000 }, { total: 9_000_000_000_000, amountPaid: 9_000_000_000_000 }],
  ['an amount beyond what is exact', { total: 2 ** 53 }, { total: null, amountPaid: null }],
  ['no billing reason', { billingReason: null }, { billingReason: null }],
  ['the oldest billing reason', { billingReason: 'subscription' }, { billingReason: 'subscription' }],
  ['a draft', { status: 'draft' }, { status: 'draft', paidAt: null, amountPaid: 0 }],
  ['a void invoice', { status: 'void' }, { status: 'void', paidAt: null }],
  [
    'no subscription',
    { subscription: null, lines: [item()] },
    { subscription: null, lines: [{ subscription: null, kind: 'other' }] },
  ],
  ['no customer', { customer: null }, { customer: null }],
  [
    'no times',
    { periodStart: null, periodEnd: null, paidAt: null },
    { periodStart: null, periodEnd: null, paidAt: null },
  ],
  [
    'an expanded customer',
    { raw: { customer: { id: 'cus_9', object: 'customer', email: null } } },
    { customer: 'cus_9' },
  ],
  [
    'a deleted customer',
    { raw: { customer: { id: 'cus_9', object: 'customer', deleted: true } } },
    { customer: 'cus_9' },
  ],
  ['lines that are null', { raw: { lines: null } }, { lines: [], linesTruncated: false }],
  [
    'lines that are not a list',
    { raw: { lines: { data: 'none', has_more: 'true' } } },
    { lines: [], linesTruncated: false },
  ],
  [
    'entries that are no lines',
    { raw: { lines: { data: [null, 7, 'il_1', [], { id: 'il_2' }] } } },
    { lines: [{ id: 'il_2', kind: 'other', periodStart: null, amount: null }] },
  ],
  [
    'a line without a period',
    { lines: [{ raw: { period: null } }] },
    { lines: [{ periodStart: null, periodEnd: null }] },
  ],
  [
    'a period whose end is text',
    { lines: [{ raw: { period: { start: START, end: String(END) } } }] },
    { lines: [{ periodStart: START, periodEnd: null }] },
  ],
  ['a preview without id', { raw: { id: undefined } }, { id: null, subscription: 'sub_1Acme000000000000000000' }],
  ['an id that is a number', { raw: { id: 42 } }, { id: null }],
  ['an id with NUL', { raw: { id: 'in_\0' } }, { id: null }],
  ['an id with half a surrogate pair', { raw: { id: 'in_\ud800' } }, { id: null }],
  ['an id of 255 characters', { raw: { id: 'i'.repeat(255) } }, { id: 'i'.repeat(255) }],
  ['an id of 256 characters', { raw: { id: 'i'.repeat(256) } }, { id: null }],
  [
    'amounts that are text or fractions',
    { raw: { total: '100', amount_paid: 10.5 } },
    { total: null, amountPaid: null },
  ],
  [
    'times before 1970 or beyond the year 9999',
    { raw: { created: 253_402_300_800, period_end: -1, period_start: 1e300 } },
    { created: null, periodEnd: null, periodStart: null },
  ],
  ['the last second of the year 9999', { raw: { created: 253_402_300_799 } }, { created: 253_402_300_799 }],
  [
    'fields that are lists and objects',
    { raw: { status: ['paid'], currency: {}, billing_reason: 7 } },
    { status: null, currency: null, billingReason: null },
  ],
];

describe.each(LAYOUTS)('readInvoice reads, in the %s layout,', (layout) => {
  it.each(inBothLayouts)('%s', (_name, spec, expected) => {
    expect(readInvoice(anInvoice({ ...spec, layout }))).toMatchObject(expected);
  });
});
