import type { Layout } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';
import { aSubscription, DUE, hoursFrom, type RenewalSpec } from '../support/builders.js';
import { candidatesOf, type Expected, explainGiven, type Given, LINKED, TOO_FAR } from '../support/matching.js';

const daily = { serviceStart: '2026-03-01T00:00:00Z', serviceEnd: '2026-03-02T00:00:00Z' };
const monthly = { serviceStart: '2026-03-01T00:00:00Z', serviceEnd: '2026-04-01T00:00:00Z' };
const dueAt = (date: Date | string): readonly RenewalSpec[] => [{ date }];

const rules: [string, Given, Expected][] = [
  ['a period from 23:59:59, a renewal at midnight', { invoice: { serviceStart: '2026-02-28T23:59:59Z' } }, LINKED],
  ['a period from 00:00:01, a renewal at midnight', { invoice: { serviceStart: '2026-03-01T00:00:01Z' } }, LINKED],
  [
    'a period from 00:00:01, a renewal at 23:59:59 of the day before',
    { invoice: { serviceStart: '2026-03-01T00:00:01Z' }, renewals: dueAt('2026-02-28T23:59:59Z') },
    LINKED,
  ],
  ['a renewal 24 hours later', { renewals: dueAt(hoursFrom(24)) }, LINKED],
  ['a renewal 24 hours earlier', { renewals: dueAt(hoursFrom(-24)) }, LINKED],
  ['a renewal 24 hours and one second later', { renewals: dueAt('2026-03-02T00:00:01Z') }, TOO_FAR],
  ['a renewal 24 hours and one second earlier', { renewals: dueAt('2026-02-27T23:59:59Z') }, TOO_FAR],
  ['a monthly period', { invoice: monthly, renewals: dueAt(hoursFrom(20)) }, LINKED],
  ['a daily period, half a day off', { invoice: daily, renewals: dueAt(hoursFrom(12)) }, LINKED],
  ['a daily period, half a day and a second off', { invoice: daily, renewals: dueAt('2026-03-01T12:00:01Z') }, TOO_FAR],
  [
    'a yearly line beside a daily one: the shortest period sets the tolerance',
    { invoice: { lines: [{}, { end: '2026-03-02' }] }, renewals: dueAt(hoursFrom(13)) },
    TOO_FAR,
  ],
  [
    'a leap day',
    { invoice: { serviceStart: '2028-02-29T00:00:00Z' }, renewals: dueAt('2028-02-29T00:00:00Z') },
    LINKED,
  ],
  [
    'the 31st, billed at the month’s last day',
    {
      invoice: { serviceStart: '2026-04-30T10:00:00Z', serviceEnd: '2026-05-31T10:00:00Z' },
      renewals: dueAt('2026-04-30T10:00:00Z'),
    },
    LINKED,
  ],
  ['a date with an offset', { renewals: dueAt('2026-03-01T05:30:00+05:30') }, LINKED],
  ['a date whose local day is the next one', { renewals: dueAt('2026-03-02T01:00:00+02:00') }, LINKED],
  ['no renewal at all', { renewals: [] }, ['NO_RENEWAL', 'ELIGIBLE', {}]],
  ['a renewal without a date', { renewals: [{ date: null }] }, ['NO_RENEWAL', 'ELIGIBLE', { 1: 'NO_DATE' }]],
  [
    'a renewal that was canceled by hand',
    { renewals: [{ canceledByHand: true }] },
    ['NO_RENEWAL', 'ELIGIBLE', { 1: 'CANCELED' }],
  ],
  [
    'a subscription that ended before the date',
    { subscription: { endedAt: hoursFrom(-1) } },
    ['NO_RENEWAL', 'ELIGIBLE', { 1: 'SUBSCRIPTION_ENDED' }],
  ],
  [
    'a subscription that ended at the date',
    { subscription: { endedAt: new Date(DUE) }, renewals: [{ names: aSubscription().id }] },
    ['NO_RENEWAL', 'ELIGIBLE', { 1: 'SUBSCRIPTION_ENDED' }],
  ],
  ['a subscription that ended after the date', { subscription: { endedAt: hoursFrom(1) } }, LINKED],
  [
    'another customer',
    { customer: 'cus_other', invoice: { customer: 'cus_stranger' } },
    ['NO_RENEWAL', 'ELIGIBLE', { 1: 'OTHER_CUSTOMER' }],
  ],
  ['no customer: its subscription’s', { invoice: { customer: null } }, LINKED],
  [
    'no customer, and a subscription of another',
    { customer: 'cus_other', invoice: { customer: null } },
    ['NO_RENEWAL', 'ELIGIBLE', { 1: 'OTHER_CUSTOMER' }],
  ],
  [
    'a pair that was taken back',
    { refused: [{ renewalId: '1', invoiceId: 'in_1' }] },
    ['NO_RENEWAL', 'ELIGIBLE', { 1: 'REFUSED_PAIR' }],
  ],
  ['a renewal that was refused to another invoice', { refused: [{ renewalId: '1', invoiceId: 'in_2' }] }, LINKED],
  [
    'the nearer of two',
    {
      renewals: [
        { id: '1', date: hoursFrom(2) },
        { id: '2', date: hoursFrom(-3) },
      ],
    },
    ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED', 2: 'NOT_NEAREST' }],
  ],
  [
    'two equally near',
    {
      renewals: [
        { id: '1', date: hoursFrom(2) },
        { id: '2', date: hoursFrom(-2) },
      ],
    },
    ['AMBIGUOUS', 'ELIGIBLE', { 1: 'TIE', 2: 'TIE' }],
  ],
  [
    'two equally near and one nearer',
    { renewals: [{ id: '1' }, { id: '2', date: hoursFrom(2) }, { id: '3', date: hoursFrom(-2) }] },
    ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED', 2: 'NOT_NEAREST', 3: 'NOT_NEAREST' }],
  ],
  [
    'two equally near, one of them canceled',
    { renewals: [{ id: '1' }, { id: '2', canceledByHand: true }] },
    ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED', 2: 'CANCELED' }],
  ],
  [
    'next year’s renewal beside this year’s',
    { renewals: [{ id: '1' }, { id: '2', date: '2027-03-01' }] },
    ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED', 2: 'OUT_OF_TOLERANCE' }],
  ],
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

describe('An explanation', () => {
  it('names the renewal, the period start and each distance', () => {
    const explanation = explainGiven(
      {
        renewals: [
          { id: '1', date: hoursFrom(-2) },
          { id: '2', date: '2027-03-01' },
        ],
      },
      'basil',
    );
    expect(explanation).toMatchObject({ invoiceId: 'in_1', renewalId: '1', periodStart: new Date(DUE) });
    expect(explanation.candidates).toMatchObject([
      { renewalId: '1', accepted: true, distanceSeconds: 7200 },
      { renewalId: '2', accepted: false, distanceSeconds: 365 * 86_400 },
    ]);
  });
});
