import type { InvoiceSpec, Layout, LineSpec } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';
import { explain, type Explanation } from '../../src/ledger/explain.js';
import type { RefusedPairRecord, SubscriptionRecord } from '../../src/ledger/records.js';
import { settle } from '../../src/ledger/settle.js';
import { aGroup, anIntent, anInvoiceRecord, aRenewal, aSubscription, CUSTOMER, DUE, hoursFrom, type RenewalSpec, SUBSCRIPTION } from '../support/builders.js';

interface Given {
  readonly invoice?: InvoiceSpec;
  /** One that is due when the invoice's service begins, if left out. */
  readonly renewals?: readonly RenewalSpec[];
  readonly subscription?: Partial<SubscriptionRecord>;
  readonly customer?: string;
  readonly refused?: readonly RefusedPairRecord[];
}

type Expected = [outcome: string, code: string, candidates?: Readonly<Record<string, string>>];

const LINKED: Expected = ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED' }];
const TOO_FAR: Expected = ['NO_RENEWAL', 'ELIGIBLE', { 1: 'OUT_OF_TOLERANCE' }];

const oneOff: LineSpec = { kind: 'item', start: '2026-02-10', end: '2026-02-10' };
const proration: LineSpec = { kind: 'item', proration: true, start: '2026-02-10', end: DUE };
const arrears: LineSpec = { start: '2026-02-01', end: DUE };
const ofAnotherSubscription: LineSpec = { subscription: 'sub_other', start: '2026-02-01', end: '2027-02-01' };
const daily = { serviceStart: '2026-03-01T00:00:00Z', serviceEnd: '2026-03-02T00:00:00Z' };
const monthly = { serviceStart: '2026-03-01T00:00:00Z', serviceEnd: '2026-04-01T00:00:00Z' };
const dueAt = (date: Date | string): readonly RenewalSpec[] => [{ date }];

const rules: [string, Given, Expected][] = [
  ['an ordinary invoice for the renewal at its period start', {}, LINKED],
  ['prorations before the subscription line', { invoice: { lines: [proration, proration, {}] } }, LINKED],
  ['a proration of the subscription line, also first', { invoice: { lines: [{ proration: true, start: '2026-02-10', end: DUE }, {}] } }, LINKED],
  ['a one-off line first', { invoice: { lines: [oneOff, {}] } }, LINKED],
  ['usage in arrears beside the line for the new period', { invoice: { lines: [arrears, {}] } }, LINKED],
  ['usage in arrears only, at the end of its own period', { invoice: { lines: [arrears] } }, LINKED],
  ['usage in arrears only, where the invoice names no period: that line then counts', { invoice: { lines: [arrears], periodEnd: null } }, TOO_FAR],
  ['several items of one subscription', { invoice: { lines: [{ price: 'price_a' }, { price: 'price_b' }] } }, LINKED],
  ['items with different starts, by the latest', { invoice: { lines: [{ start: '2026-02-27' }, {}] }, renewals: dueAt(hoursFrom(-1)) }, LINKED],
  ['lines of two subscriptions, by its own', { invoice: { lines: [ofAnotherSubscription, {}] } }, LINKED],
  ['lines of another subscription only', { invoice: { lines: [ofAnotherSubscription] } }, ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION_LINE']],
  ['a line that names no subscription', { invoice: { lines: [{ subscription: null }] } }, LINKED],
  ['a truncated list with a line that counts', { invoice: { hasMore: true } }, LINKED],
  ['a truncated list without one', { invoice: { hasMore: true, lines: [oneOff] } }, ['INCOMPLETE', 'INCOMPLETE']],
  ['a truncated list of usage in arrears', { invoice: { hasMore: true, lines: [arrears] } }, ['INCOMPLETE', 'INCOMPLETE']],
  ['no lines', { invoice: { lines: [] } }, ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION_LINE']],
  ['prorations only', { invoice: { lines: [proration, proration] } }, ['NOT_A_RENEWAL', 'PRORATION_ONLY']],
  ['one-off lines only', { invoice: { lines: [oneOff] } }, ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION_LINE']],
  ['a subscription line without a period', { invoice: { lines: [{ raw: { period: null } }] } }, ['NOT_A_RENEWAL', 'NO_PERIOD']],
  ['no subscription', { invoice: { subscription: null } }, ['NOT_A_RENEWAL', 'NO_SUBSCRIPTION']],

  ['a period from 23:59:59, a renewal at midnight', { invoice: { serviceStart: '2026-02-28T23:59:59Z' } }, LINKED],
  ['a period from 00:00:01, a renewal at midnight', { invoice: { serviceStart: '2026-03-01T00:00:01Z' } }, LINKED],
  ['a period from 00:00:01, a renewal at 23:59:59 of the day before', { invoice: { serviceStart: '2026-03-01T00:00:01Z' }, renewals: dueAt('2026-02-28T23:59:59Z') }, LINKED],
  ['a renewal 24 hours later', { renewals: dueAt(hoursFrom(24)) }, LINKED],
  ['a renewal 24 hours earlier', { renewals: dueAt(hoursFrom(-24)) }, LINKED],
  ['a renewal 24 hours and one second later', { renewals: dueAt('2026-03-02T00:00:01Z') }, TOO_FAR],
  ['a renewal 24 hours and one second earlier', { renewals: dueAt('2026-02-27T23:59:59Z') }, TOO_FAR],
  ['a monthly period', { invoice: monthly, renewals: dueAt(hoursFrom(20)) }, LINKED],
  ['a daily period, half a day off', { invoice: daily, renewals: dueAt(hoursFrom(12)) }, LINKED],
  ['a daily period, half a day and a second off', { invoice: daily, renewals: dueAt('2026-03-01T12:00:01Z') }, TOO_FAR],
  ['a yearly line beside a daily one: the shortest period sets the tolerance', { invoice: { lines: [{}, { end: '2026-03-02' }] }, renewals: dueAt(hoursFrom(13)) }, TOO_FAR],
  ['a leap day', { invoice: { serviceStart: '2028-02-29T00:00:00Z' }, renewals: dueAt('2028-02-29T00:00:00Z') }, LINKED],
  ['the 31st, billed at the month’s last day', { invoice: { serviceStart: '2026-04-30T10:00:00Z', serviceEnd: '2026-05-31T10:00:00Z' }, renewals: dueAt('2026-04-30T10:00:00Z') }, LINKED],
  ['a date with an offset', { renewals: dueAt('2026-03-01T05:30:00+05:30') }, LINKED],
  ['a date whose local day is the next one', { renewals: dueAt('2026-03-02T01:00:00+02:00') }, LINKED],

  ['a total of zero', { invoice: { lines: [{ amount: 0 }] } }, LINKED],
  ['a negative total', { invoice: { lines: [{ amount: -700 }] } }, LINKED],
  ['no billing reason', { invoice: { billingReason: null } }, LINKED],
  ['the old reason "subscription"', { invoice: { billingReason: 'subscription' } }, LINKED],
  ['the first invoice of a subscription', { invoice: { billingReason: 'subscription_create' } }, ['NOT_A_RENEWAL', 'BILLING_REASON']],
  ['an invoice made by hand', { invoice: { billingReason: 'manual' } }, ['NOT_A_RENEWAL', 'BILLING_REASON']],
  ['a threshold', { invoice: { billingReason: 'subscription_threshold' } }, ['NOT_A_RENEWAL', 'BILLING_REASON']],
  ['a change of plan near a renewal’s date', { invoice: { billingReason: 'subscription_update' } }, ['NOT_A_RENEWAL', 'PLAN_CHANGE']],
  ['a trial that was ended early', { invoice: { billingReason: 'subscription_update' }, subscription: { trialEnd: new Date(DUE) } }, LINKED],
  ['a change of plan a second after the trial’s end', { invoice: { billingReason: 'subscription_update' }, subscription: { trialEnd: hoursFrom(-1 / 3600) } }, ['NOT_A_RENEWAL', 'PLAN_CHANGE']],
  ['a change of plan with prorations only', { invoice: { billingReason: 'subscription_update', lines: [proration] } }, ['NOT_A_RENEWAL', 'PRORATION_ONLY']],

  ['a draft', { invoice: { status: 'draft' } }, LINKED],
  ['an open invoice', { invoice: { status: 'open' } }, LINKED],
  ['an uncollectible invoice', { invoice: { status: 'uncollectible' } }, LINKED],
  ['a void invoice', { invoice: { status: 'void' } }, ['NOT_A_RENEWAL', 'NOT_LIVE']],

  ['no renewal at all', { renewals: [] }, ['NO_RENEWAL', 'ELIGIBLE', {}]],
  ['a renewal without a date', { renewals: [{ date: null }] }, ['NO_RENEWAL', 'ELIGIBLE', { 1: 'NO_DATE' }]],
  ['a renewal that was canceled by hand', { renewals: [{ canceledByHand: true }] }, ['NO_RENEWAL', 'ELIGIBLE', { 1: 'CANCELED' }]],
  ['a subscription that ended before the date', { subscription: { endedAt: hoursFrom(-1) } }, ['NO_RENEWAL', 'ELIGIBLE', { 1: 'SUBSCRIPTION_ENDED' }]],
  ['a subscription that ended at the date', { subscription: { endedAt: new Date(DUE) }, renewals: [{ names: aSubscription().id }] }, ['NO_RENEWAL', 'ELIGIBLE', { 1: 'SUBSCRIPTION_ENDED' }]],
  ['a subscription that ended after the date', { subscription: { endedAt: hoursFrom(1) } }, LINKED],
  ['another customer', { customer: 'cus_other', invoice: { customer: 'cus_stranger' } }, ['NO_RENEWAL', 'ELIGIBLE', { 1: 'OTHER_CUSTOMER' }]],
  ['no customer: its subscription’s', { invoice: { customer: null } }, LINKED],
  ['no customer, and a subscription of another', { customer: 'cus_other', invoice: { customer: null } }, ['NO_RENEWAL', 'ELIGIBLE', { 1: 'OTHER_CUSTOMER' }]],
  ['a pair that was taken back', { refused: [{ renewalId: '1', invoiceId: 'in_1' }] }, ['NO_RENEWAL', 'ELIGIBLE', { 1: 'REFUSED_PAIR' }]],
  ['a renewal that was refused to another invoice', { refused: [{ renewalId: '1', invoiceId: 'in_2' }] }, LINKED],

  ['the nearer of two', { renewals: [{ id: '1', date: hoursFrom(2) }, { id: '2', date: hoursFrom(-3) }] }, ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED', 2: 'NOT_NEAREST' }]],
  ['two equally near', { renewals: [{ id: '1', date: hoursFrom(2) }, { id: '2', date: hoursFrom(-2) }] }, ['AMBIGUOUS', 'ELIGIBLE', { 1: 'TIE', 2: 'TIE' }]],
  ['two equally near and one nearer', { renewals: [{ id: '1' }, { id: '2', date: hoursFrom(2) }, { id: '3', date: hoursFrom(-2) }] }, ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED', 2: 'NOT_NEAREST', 3: 'NOT_NEAREST' }]],
  ['two equally near, one of them canceled', { renewals: [{ id: '1' }, { id: '2', canceledByHand: true }] }, ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED', 2: 'CANCELED' }]],
  ['next year’s renewal beside this year’s', { renewals: [{ id: '1' }, { id: '2', date: '2027-03-01' }] }, ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED', 2: 'OUT_OF_TOLERANCE' }]],
];

function explainGiven({ invoice, renewals = [{}], subscription, customer, refused = [] }: Given, layout: Layout): Explanation {
  const record = anInvoiceRecord({ id: 'in_1', ...invoice, layout });
  const group = aGroup({
    intent: anIntent({ givenCustomerId: customer ?? null }),
    subscriptions: [aSubscription({ ...subscription })],
    invoices: [record],
    renewals: renewals.map((renewal) => aRenewal(renewal)),
    refusedPairs: refused,
  });
  return explain(record, settle(group));
}

describe.each<Layout>(['basil', 'legacy'])('In the %s layout, match decides of', (layout) => {
  it.each(rules)('%s', (_name, given, [outcome, code, candidates]) => {
    const explanation = explainGiven(given, layout);
    expect(explanation).toMatchObject({ outcome, code });
    if (candidates !== undefined) expect(Object.fromEntries(explanation.candidates.map((candidate) => [candidate.renewalId, candidate.code]))).toEqual(candidates);
  });
});

const SUBSCRIPTION_OBJECT = { id: SUBSCRIPTION, object: 'subscription' };
const oldLine = { type: 'subscription', subscription: SUBSCRIPTION, proration: false };
const newLine = { type: 'subscription_item_details', subscription_item_details: { subscription: SUBSCRIPTION, proration: false } };

const oddPayloads: [string, InvoiceSpec, Expected][] = [
  ['an expanded customer', { raw: { customer: { id: CUSTOMER, object: 'customer' } } }, LINKED],
  ['an expanded subscription in the new place', { raw: { parent: { subscription_details: { subscription: SUBSCRIPTION_OBJECT } } } }, LINKED],
  ['an expanded subscription in the old place', { layout: 'legacy', raw: { subscription: SUBSCRIPTION_OBJECT } }, LINKED],
  ['an expanded subscription of its line', { layout: 'legacy', lines: [{ raw: { subscription: SUBSCRIPTION_OBJECT } }] }, LINKED],
  ['both layouts in one object', { raw: { subscription: SUBSCRIPTION }, lines: [{ raw: { ...oldLine, parent: newLine } }] }, LINKED],
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
  ['a period that ends before it begins', { lines: [{ start: DUE, end: '2026-02-01' }] }, ['NOT_A_RENEWAL', 'NO_PERIOD']],
  ['a period without a start', { lines: [{ raw: { period: { start: null, end: 1_803_859_200 } } }] }, ['NOT_A_RENEWAL', 'NO_PERIOD']],
  ['a period whose times are text', { lines: [{ raw: { period: { start: '1772323200', end: '1803859200' } } }] }, ['NOT_A_RENEWAL', 'NO_PERIOD']],
  ['an invoice period that is no service period', { periodStart: '2020-01-01', periodEnd: '2020-02-01' }, LINKED],
  ['a billing reason that nobody knows', { billingReason: 'quarterly_review' }, ['NOT_A_RENEWAL', 'BILLING_REASON']],
];

describe('Match decides of', () => {
  it.each(oddPayloads)('%s', (_name, invoice, [outcome, code]) => {
    expect(explainGiven({ invoice }, invoice.layout ?? 'basil')).toMatchObject({ outcome, code });
  });
});

describe('An explanation', () => {
  it('names the renewal, the period start and each distance', () => {
    const explanation = explainGiven({ renewals: [{ id: '1', date: hoursFrom(-2) }, { id: '2', date: '2027-03-01' }] }, 'basil');
    expect(explanation).toMatchObject({ invoiceId: 'in_1', renewalId: '1', periodStart: new Date(DUE) });
    expect(explanation.candidates).toMatchObject([
      { renewalId: '1', accepted: true, distanceSeconds: 7200 },
      { renewalId: '2', accepted: false, distanceSeconds: 365 * 86_400 },
    ]);
  });

  it.each(rules)('has a sentence of %s', (_name, given) => {
    const explanation = explainGiven(given, 'basil');
    for (const { reason } of [explanation, ...explanation.candidates]) expect(reason).toMatch(/^[A-Z].*\.$/);
  });
});
