import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CheckoutIntentState } from '../../src/entities/states.js';
import { INTENT_UUID } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

let ledger: TestLedger;
beforeAll(async () => void (ledger = await openTestLedger()));
afterAll(() => ledger.close());
beforeEach(() => ledger.empty());

const paid = (spec: InvoiceSpec) => aStripeEvent('invoice.paid', anInvoice(spec));
const halfAPair = '\ud800';
const long = (prefix: string) =>
  `${prefix}_${Array.from({ length: 9_000 }, (_, index) => (index * 7919).toString(36)).join('')}`;

const odd: [string, InvoiceSpec][] = [
  ['a total at the end of what is exact', { total: 2 ** 53 - 1 }],
  ['a total beyond what is exact', { total: 2 ** 53 }],
  [
    'numbers beyond every column',
    {
      raw: {
        total: 1e300,
        amount_paid: -1e300,
        created: 1e300,
        period_end: -1e300,
        status_transitions: { paid_at: 1e18 },
      },
    },
  ],
  ['numbers that are text', { raw: { total: '12', created: '1772323200' } }],
  ['a creation in the year 275760', { raw: { created: 8.64e12 } }],
  ['a line that ends in the year 275760', { lines: [{ raw: { period: { start: 1, end: 8.64e12 } } }] }],
  ['a line over all the time there is', { lines: [{ raw: { period: { start: 0, end: 253_402_300_799 } } }] }],
  [
    'NUL in every text',
    {
      customer: 'cus_\0',
      currency: '\0',
      billingReason: '\0',
      metadata: { 'a\0': '\0' },
      lines: [{ id: '\0', price: '\0' }],
    },
  ],
  [
    'half a surrogate pair in every text',
    {
      customer: halfAPair,
      billingReason: halfAPair,
      metadata: { checkout_intent_uuid: halfAPair },
      lines: [{ id: halfAPair, price: halfAPair }],
    },
  ],
  ['a subscription’s id that no index can hold', { subscription: long('sub') }],
  ['a customer’s id that no index can hold', { customer: long('cus') }],
  ['a status nobody knows', { raw: { status: 'pondering' } }],
  ['1,000 lines', { lines: Array.from({ length: 1_000 }, () => ({})) }],
  ['lines that are no list', { raw: { lines: 'many' } }],
];

describe('A batch with an invoice of', () => {
  it.each(odd)('%s keeps both that one and its neighbour', async (_name, spec) => {
    await ledger.record(paid({ id: 'in_good', subscription: 'sub_good' }), paid({ ...spec, id: 'in_odd' }));
    expect(await ledger.db.sql('select id, status from invoice order by id')).toEqual([
      { id: 'in_good', status: 'paid' },
      { id: 'in_odd', status: 'paid' },
    ]);
  });

  it.each([8.64e12, 1e300, -1, -1e11, 1.5, '1772323200', null, {}])(
    'an event created at %j keeps it',
    async (created) => {
      const event = { ...paid({ id: 'in_odd' }), created };
      await ledger.record(event);
      await ledger.record(aStripeEvent('invoice.finalized', anInvoice({ id: 'in_odd', status: 'open' })), event);
      expect(await ledger.db.sql('select status from invoice')).toEqual([{ status: 'paid' }]);
    },
  );

  it('no id leaves no fact', async () => {
    await ledger.record(paid({ raw: { id: null } }), paid({ raw: { id: long('in') } }));
    expect(await ledger.db.sql('select id from invoice')).toEqual([]);
  });

  it('an object that says it is something else leaves no fact', async () => {
    await ledger.record(paid({ raw: { id: 'inpay_1', object: 'invoice_payment', invoice: 'in_1' } }));
    await ledger.record(aStripeEvent('customer.subscription.updated', { id: 'si_1', object: 'subscription_item' }));
    expect(await ledger.db.sql('select id from invoice union all select id from subscription')).toEqual([]);
  });

  it('an object that does not say what it is leaves the fact that its type promises', async () => {
    await ledger.record(paid({ id: 'in_1', raw: { object: undefined } }));
    expect(await ledger.db.sql('select id from invoice')).toEqual([{ id: 'in_1' }]);
  });

  it('no object leaves no fact', async () => {
    await ledger.record({ id: 'evt_1', type: 'invoice.paid', data: { object: null } });
    expect(await ledger.db.sql('select id from invoice')).toEqual([]);
  });
});

const badNames: [string, Record<string, string>][] = [
  ['a uuid that is none', { checkout_intent_uuid: 'acme' }],
  ['an id that is none', { checkout_intent_id: '4.0' }],
  ['an id beyond what can be stored', { checkout_intent_id: '9223372036854775808' }],
];

describe('Metadata with', () => {
  it.each(badNames)('%s is reported once, and names nobody', async (_name, metadata) => {
    await ledger.record(paid({ id: 'in_1', metadata }), paid({ id: 'in_2', metadata }));
    await ledger.record(aStripeEvent('invoice.updated', anInvoice({ id: 'in_1', metadata })));
    expect(await ledger.raised('attention.needed')).toMatchObject([
      { object: { code: 'METADATA_INVALID', checkoutIntentId: null } },
    ]);
    expect(await ledger.db.sql('select checkout_intent_id from subscription')).toEqual([{ checkout_intent_id: null }]);
  });

  it('a bad uuid and a good id belongs to the intent of that id', async () => {
    const intentId = await ledger.createCheckoutIntent(
      { uuid: INTENT_UUID, quantity: 1, state: CheckoutIntentState.CREATED },
      'tests',
    );
    await ledger.record(paid({ metadata: { checkout_intent_uuid: 'acme', checkout_intent_id: intentId } }));
    expect(await ledger.raised('attention.needed')).toMatchObject([
      { object: { code: 'METADATA_INVALID', checkoutIntentId: intentId, checkoutIntentUuid: INTENT_UUID } },
    ]);
    expect(await ledger.db.sql('select checkout_intent_id from subscription')).toEqual([
      { checkout_intent_id: intentId },
    ]);
  });
});
