import { describe, expect, test } from 'vitest';
import { extractColumns, laneOf } from '../../src/events/extract.js';
import { IgnoredBecause } from '../../src/events/ignored.js';
import { type Livemode, readNewEvent } from '../../src/events/new-event.js';

const INTENT = '0195b2c4-0000-7000-8000-000000000001';
const anEvent = (overrides: object) => ({ id: 'evt_1', type: 'plan.created', ...overrides });
const about = (object: object, type = 'plan.created') => anEvent({ type, data: { object } });

describe('the ids of an event are found', () => {
  const ids = { customer: null, subscription: null, invoice: null };
  test.each<
    [what: string, event: ReturnType<typeof anEvent>, found: Partial<typeof ids | Record<keyof typeof ids, string>>]
  >([
    [
      'on an invoice of today',
      about({
        object: 'invoice',
        id: 'in_1',
        customer: 'cus_1',
        parent: { type: 'subscription_details', subscription_details: { subscription: 'sub_1' } },
      }),
      { customer: 'cus_1', subscription: 'sub_1', invoice: 'in_1' },
    ],
    [
      'on an invoice of old',
      about({ object: 'invoice', id: 'in_1', customer: 'cus_1', subscription: 'sub_1' }),
      { customer: 'cus_1', subscription: 'sub_1', invoice: 'in_1' },
    ],
    [
      'on an invoice in both layouts',
      about({
        object: 'invoice',
        id: 'in_1',
        subscription: 'sub_1',
        parent: { subscription_details: { subscription: 'sub_2' } },
      }),
      { subscription: 'sub_1', invoice: 'in_1' },
    ],
    [
      'on an invoice whose objects are expanded',
      about({
        object: 'invoice',
        id: 'in_1',
        customer: { id: 'cus_1' },
        parent: { subscription_details: { subscription: { id: 'sub_1' } } },
      }),
      { customer: 'cus_1', subscription: 'sub_1', invoice: 'in_1' },
    ],
    [
      'on an upcoming invoice, which has none itself',
      about({ object: 'invoice', customer: 'cus_1', subscription: 'sub_1' }, 'invoice.upcoming'),
      { customer: 'cus_1', subscription: 'sub_1' },
    ],
    [
      'on an invoice item',
      about({
        object: 'invoiceitem',
        id: 'ii_1',
        customer: 'cus_1',
        invoice: 'in_1',
        parent: { subscription_details: { subscription: 'sub_1' } },
      }),
      { customer: 'cus_1', subscription: 'sub_1', invoice: 'in_1' },
    ],
    [
      'on a line that names its subscription item',
      about({
        object: 'line_item',
        id: 'il_1',
        invoice: 'in_1',
        parent: { subscription_item_details: { subscription: 'sub_1' } },
      }),
      { subscription: 'sub_1', invoice: 'in_1' },
    ],
    [
      'on a subscription',
      about({ object: 'subscription', id: 'sub_1', customer: 'cus_1' }),
      { customer: 'cus_1', subscription: 'sub_1' },
    ],
    [
      'on a subscription of a deleted customer',
      about({ object: 'subscription', id: 'sub_1', customer: { id: 'cus_1', deleted: true } }),
      { customer: 'cus_1', subscription: 'sub_1' },
    ],
    ['on a customer', about({ object: 'customer', id: 'cus_1' }), { customer: 'cus_1' }],
    [
      "on a customer's discount",
      about({ object: 'discount', id: 'di_1', customer: 'cus_1', subscription: 'sub_1', invoice: 'in_1' }),
      { customer: 'cus_1', subscription: 'sub_1', invoice: 'in_1' },
    ],
    [
      'on a checkout session',
      about({ object: 'checkout.session', id: 'cs_1', customer: 'cus_1', subscription: 'sub_1', invoice: 'in_1' }),
      { customer: 'cus_1', subscription: 'sub_1', invoice: 'in_1' },
    ],
    [
      'on a charge',
      about({ object: 'charge', id: 'ch_1', customer: 'cus_1', invoice: { id: 'in_1' } }),
      { customer: 'cus_1', invoice: 'in_1' },
    ],
    [
      'on the payment of an invoice',
      about({ object: 'invoice_payment', id: 'inpay_1', invoice: 'in_1' }),
      { invoice: 'in_1' },
    ],
    [
      'on a schedule',
      about({ object: 'subscription_schedule', id: 'sub_sched_1', customer: 'cus_1', subscription: { id: 'sub_1' } }),
      { customer: 'cus_1', subscription: 'sub_1' },
    ],
    [
      'by the type, where an invoice does not say that it is one',
      about({ id: 'in_1' }, 'invoice.paid'),
      { invoice: 'in_1' },
    ],
    [
      'by the type, where a subscription does not say that it is one',
      about({ id: 'sub_1' }, 'customer.subscription.updated'),
      { subscription: 'sub_1' },
    ],
    [
      'by the object rather than by the type',
      about({ object: 'invoice_payment', id: 'inpay_1', invoice: 'in_1' }, 'invoice.updated'),
      { invoice: 'in_1' },
    ],
    [
      'on what a thin event refers to',
      anEvent({ object: 'v2.core.event', related_object: { id: 'cus_1', type: 'customer' } }),
      { customer: 'cus_1' },
    ],
    ['nowhere on a plan', about({ object: 'plan', id: 'plan_1' }), {}],
    ['nowhere without an object', anEvent({ data: null }), {}],
    ['nowhere on a list', anEvent({ data: { object: [{ customer: 'cus_1' }] } }), {}],
    [
      'nowhere in values of other types',
      about({ object: 'charge', customer: 7, invoice: ['in_1'], subscription: { id: null } }),
      {},
    ],
    [
      'nowhere in texts that no id is',
      about({ object: 'charge', customer: '', invoice: 'in_\0', subscription: 's'.repeat(256) }),
      {},
    ],
    ['nowhere in half a surrogate pair', about({ object: 'charge', customer: 'cus_\ud800' }), {}],
  ])('%s', (_, event, found) => {
    const { stripeCustomerId, stripeSubscriptionId, stripeInvoiceId } = extractColumns(event);
    expect({ customer: stripeCustomerId, subscription: stripeSubscriptionId, invoice: stripeInvoiceId }).toEqual({
      ...ids,
      ...found,
    });
  });
});

describe('the time of an event is', () => {
  test.each<[what: string, created: unknown, time: string | null]>([
    ["Stripe's, in seconds", 1_790_000_000, '2026-09-21T14:13:20.000Z'],
    ['the first second of 1970', 0, '1970-01-01T00:00:00.000Z'],
    ['a text on thin events', '2026-11-23T06:20:52.246Z', '2026-11-23T06:20:52.246Z'],
    ['none where it is missing', undefined, null],
    ['none of a text without a zone', '2026-11-23T06:20:52', null],
    ['none of words', 'todayZ', null],
    ['none before 1970', -1, null],
    ['none after the year 9999', 253_402_300_800, null],
    ['none beyond all numbers', 1e300, null],
    ['none of an object', {}, null],
  ])('%s', (_, created, time) => {
    expect(extractColumns(anEvent({ created })).occurredAt?.toISOString() ?? null).toBe(time);
  });
});

describe('the lane of an event is', () => {
  const lane = (event: ReturnType<typeof anEvent>) => laneOf(event, extractColumns(event));
  test.each<[what: string, event: ReturnType<typeof anEvent>, lane: string]>([
    [
      'the intent that a subscription names by uuid',
      about({
        object: 'subscription',
        id: 'sub_1',
        metadata: { checkout_intent_uuid: INTENT, checkout_intent_id: '7' },
      }),
      INTENT,
    ],
    [
      'the intent that a subscription names by id',
      about({ object: 'subscription', id: 'sub_1', metadata: { checkout_intent_id: '7' } }),
      '7',
    ],
    [
      'the intent that an invoice names',
      about({
        object: 'invoice',
        parent: { subscription_details: { subscription: 'sub_1', metadata: { checkout_intent_uuid: INTENT } } },
      }),
      INTENT,
    ],
    [
      'the intent that an old invoice names',
      about({
        object: 'invoice',
        subscription: 'sub_1',
        subscription_details: { metadata: { checkout_intent_id: '7' } },
      }),
      '7',
    ],
    [
      'the subscription, where no intent is named',
      about({ object: 'subscription', id: 'sub_1', metadata: { checkout_intent_uuid: 5 } }),
      'sub_1',
    ],
    ['the event itself, where there is neither', about({ object: 'plan' }), 'evt_1'],
  ])('%s', (_, event, expected) => {
    expect(lane(event)).toBe(expected);
  });
});

describe('an event is born', () => {
  const born = (event: object, livemode: Livemode) =>
    readNewEvent(Buffer.from(JSON.stringify(event)), livemode)?.ignoredBecause;
  test.each<[because: string | null, what: string, livemode: Livemode, event: object]>([
    [null, 'of the configured mode', 'live', anEvent({ livemode: true })],
    [null, 'of test mode, where that counts', 'test', anEvent({ livemode: false })],
    [null, 'of either mode, where both count', 'both', anEvent({ livemode: true })],
    [null, 'of no mode', 'live', anEvent({})],
    [null, 'of a mode that is no boolean', 'test', anEvent({ livemode: 'true' })],
    [null, 'of no account', 'both', anEvent({ account: null })],
    [IgnoredBecause.OTHER_MODE, 'of test mode, where live counts', 'live', anEvent({ livemode: false })],
    [IgnoredBecause.OTHER_MODE, 'of live mode, where test counts', 'test', anEvent({ livemode: true })],
    [IgnoredBecause.CONNECT_ACCOUNT, 'of a Connect account', 'both', anEvent({ account: 'acct_1' })],
    [
      IgnoredBecause.CONNECT_ACCOUNT,
      'of an account that no column can hold',
      'both',
      anEvent({ account: 'a'.repeat(999) }),
    ],
    [IgnoredBecause.THIN, 'thin', 'both', anEvent({ object: 'v2.core.event' })],
  ])('ignored because %s: %s, LIVEMODE %s', (because, _, livemode, event) => {
    expect(born(event, livemode)).toBe(because);
  });
});

describe('columns keep', () => {
  test('what the envelope says', () => {
    const event = anEvent({ api_version: '2026-07-29.dahlia', livemode: true, account: 'acct_1' });
    expect(extractColumns(event)).toMatchObject({
      id: 'evt_1',
      type: 'plan.created',
      apiVersion: '2026-07-29.dahlia',
      livemode: true,
      account: 'acct_1',
    });
  });
});
