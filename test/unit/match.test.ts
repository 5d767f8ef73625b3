import type { InvoiceSpec, Layout, LineSpec } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';
import { CUSTOMER, DUE, hoursFrom, type RenewalSpec, SUBSCRIPTION } from '../support/builders.js';
import { candidatesOf, type Expected, explainGiven, type Given, LINKED, TOO_FAR } from '../support/matching.js';

const oneOff: LineSpec = { kind: 'item', start: '2026-02-10', end: '2026-02-10' };
const proration: LineSpec = { kind: 'item', proration: true, start: '2026-02-10', end: DUE };
const arrears: LineSpec = { start: '2026-02-01', end: DUE };
const ofAnotherSubscription: LineSpec = { subscription: 'sub_other', start: '2026-02-01', end: '2027-02-01' };
/** A trial that was to end in the middle of March, and ended when the invoice's service begins. */
const endedEarly = {
  subscriptionId: SUBSCRIPTION,
  eventId: 'evt_1',
  occurredAt: new Date(DUE),
  position: 0,
  from: new Date('2026-03-15T00:00:00Z'),
  to: new Date(DUE),
};
const dueAt = (date: Date | string): readonly RenewalSpec[] => [{ date }];

const rules: [string, Given, Expected][] = [
  ['an ordinary invoice for the renewal at its period start', {}, LINKED],
  ['prorations before the subscription line', { invoice: { lines: [proration, proration, {}] } }, LINKED],
  [
    'a proration of the subscription line, also first',
    { invoice: { lines: [{ proration: true, start: '2026-02-10', end: DUE }, {}] } },
    LINKED,
  ],
  ['a one-off line first', { invoice: { lines: [oneOff, {}] } }, LINKED],
  ['usage in arrears beside the line for the new period', { invoice: { lines: [arrears, {}] } }, LINKED],
  ['usage in arrears only, at the end of its own period', { invoice: { lines: [arrears] } }, LINKED],
  [
    'usage in arrears only, where the invoice names no period: that line then counts',
    { invoice: { lines: [arrears], periodEnd: null } },
    TOO_FAR,
  ],
  ['several items of one subscription', { invoice: { lines: [{ price: 'price_a' }, { price: 'price_b' }] } }, LINKED],
  [
    'items with different starts, by the latest',
    { invoice: { lines: [{ start: '2026-02-27' }, {}] }, renewals: dueAt(hoursFrom(-1)) },
    LINKED,
  ],
  ['lines of two subscriptions, by its own', { invoice: { lines: [ofAnotherSubscription, {}] } }, LINKED],
  [
    'lines of another subscription only',
    { invoice: { lines: [ofAnotherSubscription] } },
    ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION_LINE'],
  ],
  ['a line that names no subscription', { invoice: { lines: [{ subscription: null }] } }, LINKED],
  ['a truncated list with a line that counts', { invoice: { hasMore: true } }, LINKED],
  ['a truncated list without one', { invoice: { hasMore: true, lines: [oneOff] } }, ['INCOMPLETE', 'INCOMPLETE']],
  [
    'a truncated list of usage in arrears',
    { invoice: { hasMore: true, lines: [arrears] } },
    ['INCOMPLETE', 'INCOMPLETE'],
  ],
  ['no lines', { invoice: { lines: [] } }, ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION_LINE']],
  ['prorations only', { invoice: { lines: [proration, proration] } }, ['NOT_A_RENEWAL', 'PRORATION_ONLY']],
  ['one-off lines only', { invoice: { lines: [oneOff] } }, ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION_LINE']],
  [
    'a subscription line without a period',
    { invoice: { lines: [{ raw: { period: null } }] } },
    ['NOT_A_RENEWAL', 'NO_PERIOD'],
  ],
  ['no subscription', { invoice: { subscription: null } }, ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION']],
  ['a total of zero', { invoice: { lines: [{ amount: 0 }] } }, LINKED],
  ['a negative total', { invoice: { lines: [{ amount: -700 }] } }, LINKED],
  ['no billing reason', { invoice: { billingReason: null } }, LINKED],
  ['the old reason "subscription"', { invoice: { billingReason: 'subscription' } }, LINKED],
  [
    'the first invoice of a subscription',
    { invoice: { billingReason: 'subscription_create' } },
    ['NOT_A_RENEWAL', 'BILLING_REASON'],
  ],
  ['an invoice made by hand', { invoice: { billingReason: 'manual' } }, ['NOT_A_RENEWAL', 'BILLING_REASON']],
  ['a threshold', { invoice: { billingReason: 'subscription_threshold' } }, ['NOT_A_RENEWAL', 'BILLING_REASON']],
  [
    'a change of plan near a renewal’s date',
    { invoice: { billingReason: 'subscription_update' } },
    ['NOT_A_RENEWAL', 'PLAN_CHANGE'],
  ],
  [
    'a trial that was ended early',
    { invoice: { billingReason: 'subscription_update' }, subscription: { trialEnd: new Date(DUE) } },
    LINKED,
  ],
  [
    'a trial that was ended early, although another trial came later',
    {
      invoice: { billingReason: 'subscription_update' },
      subscription: { trialEnd: new Date('2026-09-01T00:00:00Z') },
      moves: [endedEarly],
    },
    LINKED,
  ],
  [
    'a change of plan when a trial of another subscription was ended',
    { invoice: { billingReason: 'subscription_update' }, moves: [{ ...endedEarly, subscriptionId: 'sub_other' }] },
    ['NOT_A_RENEWAL', 'PLAN_CHANGE'],
  ],
  [
    'a change of plan a second after the trial’s end',
    { invoice: { billingReason: 'subscription_update' }, subscription: { trialEnd: hoursFrom(-1 / 3600) } },
    ['NOT_A_RENEWAL', 'PLAN_CHANGE'],
  ],
  [
    'a change of plan with prorations only',
    { invoice: { billingReason: 'subscription_update', lines: [proration] } },
    ['NOT_A_RENEWAL', 'PRORATION_ONLY'],
  ],
  ['a draft', { invoice: { status: 'draft' } }, LINKED],
  ['an open invoice', { invoice: { status: 'open' } }, LINKED],
  ['an uncollectible invoice', { invoice: { status: 'uncollectible' } }, LINKED],
  ['a void invoice', { invoice: { status: 'void' } }, ['NOT_A_RENEWAL', 'NOT_LIVE']],
];

describe.each<Layout>(['basil', 'legacy'])('In the %s layout, match decides of', (layout) => {
  it.each(rules)('%s', (_name, given, [outcome, code, candidates = {}]) => {
    const explanation = explainGiven(given, layout);
    expect(explanation).toMatchObject({ outcome, code });
    expect(candidatesOf(explanation)).toEqual(candidates);
  });

  it.each(rules)('%s, by sentences', (_name, given) => {
    const explanation = explainGiven(given, layout);
    for (const { reason } of [explanation, ...explanation.candidates]) expect(reason).toMatch(/^[A-Z].*\.$/);
  });
});

const SUBSCRIPTION_OBJECT = { id: SUBSCRIPTION, object: 'subscription' };
const oldLine = { type: 'subscription', subscription: SUBSCRIPTION, proration: false };
const newLine = {
  type: 'subscription_item_details',
  subscription_item_details: { subscription: SUBSCRIPTION, proration: false },
};

const oddPayloads: [string, InvoiceSpec, Expected][] = [
  ['an expanded customer', { raw: { customer: { id: CUSTOMER, object: 'customer' } } }, LINKED],
  [
    'an expanded subscription in the new place',
    { raw: { parent: { subscription_details: { subscription: SUBSCRIPTION_OBJECT } } } },
    LINKED,
  ],
  [
    'an expanded subscription in the old place',
    { layout: 'legacy', raw: { subscription: SUBSCRIPTION_OBJECT } },
    LINKED,
  ],
  [
    'an expanded subscription of its line',
    { layout: 'legacy', lines: [{ raw: { subscription: SUBSCRIPTION_OBJECT } }] },
    LINKED,
  ],
  [
    'both layouts in one object',
    { raw: { subscription: SUBSCRIPTION }, lines: [{ raw: { ...oldLine, parent: newLine } }] },
    LINKED,
  ],
  [
    'both layouts that disagree on the kind of line: the new one is right',
    { lines: [{ raw: { ...oldLine, parent: { type: 'invoice_item_details' } } }] },
    ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION_LINE'],
  ],
  [
    'both layouts that disagree on proration: the new one is right',
    { lines: [{ raw: { ...oldLine, proration: true, parent: newLine } }] },
    LINKED,
  ],
  ['lines that are null', { raw: { lines: null } }, ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION_LINE']],
  [
    'a period that ends before it begins',
    { lines: [{ start: DUE, end: '2026-02-01' }] },
    ['NOT_A_RENEWAL', 'NO_PERIOD'],
  ],
  [
    'a period without a start',
    { lines: [{ raw: { period: { start: null, end: 1_803_859_200 } } }] },
    ['NOT_A_RENEWAL', 'NO_PERIOD'],
  ],
  [
    'a period whose times are text',
    { lines: [{ raw: { period: { start: '1772323200', end: '1803859200' } } }] },
    ['NOT_A_RENEWAL', 'NO_PERIOD'],
  ],
  ['an invoice period that is no service period', { periodStart: '2020-01-01', periodEnd: '2020-02-01' }, LINKED],
  ['a billing reason that nobody knows', { billingReason: 'quarterly_review' }, ['NOT_A_RENEWAL', 'BILLING_REASON']],
];

describe('Match decides of', () => {
  it.each(oddPayloads)('%s', (_name, invoice, [outcome, code]) => {
    expect(explainGiven({ invoice }, invoice.layout ?? 'basil')).toMatchObject({ outcome, code });
  });
});
