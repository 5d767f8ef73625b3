import { readSubscription, type SubscriptionFact } from '@renewal-ledger/sdk';
import { aSubscription, type Layout, type SubscriptionSpec } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';

const inBothLayouts: [string, SubscriptionSpec, Partial<SubscriptionFact>][] = [
  [
    'an ordinary subscription',
    { id: 'sub_1', customer: 'cus_1', created: 100, currentPeriodStart: 200, currentPeriodEnd: 300 },
    {
      id: 'sub_1',
      customer: 'cus_1',
      status: 'active',
      created: 100,
      startDate: 100,
      currentPeriodStart: 200,
      currentPeriodEnd: 300,
      cancelAt: null,
      cancelAtPeriodEnd: false,
      pendingUpdate: false,
    },
  ],
  ['a trial', { status: 'trialing', trialStart: 1, trialEnd: 2 }, { status: 'trialing', trialStart: 1, trialEnd: 2 }],
  [
    'a cancellation to come',
    { cancelAt: 9, cancelAtPeriodEnd: true, canceledAt: 5 },
    { cancelAt: 9, cancelAtPeriodEnd: true, canceledAt: 5 },
  ],
  ['an end', { status: 'canceled', endedAt: 9 }, { status: 'canceled', endedAt: 9 }],
  ['metadata', { metadata: { checkout_intent_id: '41' } }, { metadata: { checkout_intent_id: '41' } }],
  ['an update that waits for its payment', { pendingUpdate: { expires_at: 7 } }, { pendingUpdate: true }],
  ['its newest invoice', { latestInvoice: 'in_1' }, { latestInvoice: 'in_1' }],
  [
    'its newest invoice, expanded',
    { raw: { latest_invoice: { id: 'in_1', status: 'paid' } } },
    { latestInvoice: 'in_1' },
  ],
  ['an expanded customer', { raw: { customer: { id: 'cus_9', deleted: true } } }, { customer: 'cus_9' }],
  ['no customer', { customer: null }, { customer: null }],
  [
    'values of other kinds as null',
    { raw: { status: 7, cancel_at: '9', cancel_at_period_end: 'yes', created: 1.5 } },
    { status: null, cancelAt: null, cancelAtPeriodEnd: null, created: null },
  ],
];

describe.each<Layout>(['basil', 'legacy'])('readSubscription reads, in the %s layout,', (layout) => {
  it.each(inBothLayouts)('%s', (_name, spec, expected) => {
    expect(readSubscription(aSubscription({ ...spec, layout }))).toMatchObject(expected);
  });
});

describe('readSubscription takes the period', () => {
  it('of the item that ends first, start and end from the same item', () => {
    const items = [
      { currentPeriodStart: 100, currentPeriodEnd: 900 },
      { currentPeriodStart: 200, currentPeriodEnd: 300 },
    ];
    expect(readSubscription(aSubscription({ items }))).toMatchObject({
      currentPeriodStart: 200,
      currentPeriodEnd: 300,
    });
  });

  it('of the shorter item where two end together, in any order', () => {
    const [longer, shorter] = [
      { currentPeriodStart: 100, currentPeriodEnd: 300 },
      { currentPeriodStart: 200, currentPeriodEnd: 300 },
    ];
    for (const items of [
      [longer, shorter],
      [shorter, longer],
    ]) {
      expect(readSubscription(aSubscription({ items }))).toMatchObject({
        currentPeriodStart: 200,
        currentPeriodEnd: 300,
      });
    }
  });

  it('of the subscription where no item has one', () => {
    const subscription = { current_period_start: 1, current_period_end: 2, items: { data: [{ id: 'si_1' }, null] } };
    expect(readSubscription(subscription)).toMatchObject({ currentPeriodStart: 1, currentPeriodEnd: 2 });
  });
});

describe('readSubscription', () => {
  it.each([null, undefined, 'sub_1', 7, [], {}])('reads %j as a subscription of which nothing is known', (value) => {
    expect(readSubscription(value)).toMatchObject({ id: null, status: null, metadata: {}, pendingUpdate: false });
  });
});
