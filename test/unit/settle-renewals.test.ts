import { describe, expect, it } from 'vitest';
import { LinkedBy, RenewalState } from '../../src/entities/states.js';
import type { Group, MoveRecord, RenewalRecord, SubscriptionRecord } from '../../src/ledger/records.js';
import { settle } from '../../src/ledger/settle.js';
import {
  aGroup,
  anIntent,
  anInvoiceRecord,
  aRenewal,
  aSubscription,
  CUSTOMER,
  DUE,
  hoursFrom,
  instant,
  SUBSCRIPTION,
} from '../support/builders.js';

const paid = [anInvoiceRecord({ id: 'in_1' })];
const open = [anInvoiceRecord({ id: 'in_1', status: 'open' })];
const canceledAt = (cancelAt: Date): SubscriptionRecord[] => [aSubscription({ cancelAt })];
const processedAt = hoursFrom(9);
const paidByOther = { intent: anIntent({ givenCustomerId: 'cus_owner' }), invoices: paid };

const states: [string, Partial<Group>, Partial<RenewalRecord>][] = [
  ['SCHEDULED without an invoice', { renewals: [aRenewal()] }, { state: RenewalState.SCHEDULED, isCanceled: false }],
  ['LINKED with one that is not paid', { invoices: open, renewals: [aRenewal()] }, { state: RenewalState.LINKED }],
  ['PAID with one that is', { invoices: paid, renewals: [aRenewal()] }, { state: RenewalState.PAID }],
  [
    'LINKED with one that a person named unseen, and that another customer has paid',
    { ...paidByOther, renewals: [aRenewal({ invoiceId: 'in_1', linkedBy: LinkedBy.PERSON })] },
    { state: RenewalState.LINKED, invoiceId: 'in_1' },
  ],
  [
    'SCHEDULED when the one that a rule linked turns out to be paid by another customer',
    { ...paidByOther, renewals: [aRenewal({ invoiceId: 'in_1', state: RenewalState.LINKED })] },
    { state: RenewalState.SCHEDULED, invoiceId: null },
  ],
  [
    'PAID as it was, although its intent is given another customer now',
    { ...paidByOther, renewals: [aRenewal({ invoiceId: 'in_1', state: RenewalState.PAID })] },
    { state: RenewalState.PAID, invoiceId: 'in_1' },
  ],
  [
    'PROCESSED when processing has finished',
    { invoices: paid, renewals: [aRenewal({ processedAt })] },
    { state: RenewalState.PROCESSED },
  ],
  ['PROCESSED without any invoice', { renewals: [aRenewal({ processedAt })] }, { state: RenewalState.PROCESSED }],
  [
    'CANCELED by hand',
    { renewals: [aRenewal({ canceledByHand: true })] },
    { state: RenewalState.CANCELED, isCanceled: true },
  ],
  [
    'CANCELED by a cancellation at its date',
    { subscriptions: canceledAt(instant(DUE)), renewals: [aRenewal()] },
    { state: RenewalState.CANCELED, isCanceled: true },
  ],
  [
    'CANCELED by a cancellation before its date, also with an open invoice',
    { subscriptions: canceledAt(hoursFrom(-1)), invoices: open, renewals: [aRenewal()] },
    { state: RenewalState.CANCELED, invoiceId: 'in_1' },
  ],
  [
    'not canceled by a cancellation after its date',
    { subscriptions: canceledAt(hoursFrom(1)), renewals: [aRenewal()] },
    { state: RenewalState.SCHEDULED, isCanceled: false, subscriptionCancelAt: hoursFrom(1) },
  ],
  [
    'never CANCELED once paid',
    { subscriptions: canceledAt(hoursFrom(-1)), invoices: paid, renewals: [aRenewal()] },
    { state: RenewalState.PAID, isCanceled: false },
  ],
  [
    'never CANCELED once processed',
    { subscriptions: canceledAt(hoursFrom(-1)), renewals: [aRenewal({ processedAt })] },
    { state: RenewalState.PROCESSED, isCanceled: false },
  ],
  [
    'SCHEDULED again when the cancellation is taken back',
    { renewals: [aRenewal({ isCanceled: true, state: RenewalState.CANCELED, subscriptionCancelAt: hoursFrom(-1) })] },
    { state: RenewalState.SCHEDULED, isCanceled: false, subscriptionCancelAt: null },
  ],
  [
    'SCHEDULED again when its invoice was voided',
    {
      invoices: [anInvoiceRecord({ id: 'in_1', status: 'void' })],
      renewals: [aRenewal({ invoiceId: 'in_1', state: RenewalState.LINKED })],
    },
    { state: RenewalState.SCHEDULED, invoiceId: null, linkedBy: null },
  ],
];

describe('A renewal is', () => {
  it.each(states)('%s', (_name, given, expected) => {
    expect(settleOne(given)).toMatchObject(expected);
  });
});

const currentPeriodEnd = instant(DUE);
const cancellations: [string, Partial<SubscriptionRecord>, Date | null][] = [
  [
    'cancel_at',
    { cancelAt: hoursFrom(5), cancelAtPeriodEnd: true, currentPeriodEnd, endedAt: hoursFrom(9) },
    hoursFrom(5),
  ],
  [
    'the period end, under cancel_at_period_end',
    { cancelAtPeriodEnd: true, currentPeriodEnd, endedAt: hoursFrom(9) },
    currentPeriodEnd,
  ],
  ['ended_at', { cancelAtPeriodEnd: false, currentPeriodEnd, endedAt: hoursFrom(9) }, hoursFrom(9)],
  ['nothing', { cancelAtPeriodEnd: false, currentPeriodEnd }, null],
];

describe('subscriptionCancelAt is', () => {
  it.each(cancellations)('%s', (_name, subscription, expected) => {
    const renewal = settleOne({
      subscriptions: [aSubscription(subscription)],
      renewals: [aRenewal({ names: SUBSCRIPTION })],
    });
    expect(renewal?.subscriptionCancelAt).toEqual(expected);
  });

  it('not that of another customer’s subscription, even when the renewal names it', () => {
    const intent = anIntent({ givenCustomerId: CUSTOMER });
    const foreign = aSubscription({ customerId: 'cus_stranger', cancelAt: hoursFrom(-1) });
    const renewal = settleOne({ intent, subscriptions: [foreign], renewals: [aRenewal({ names: SUBSCRIPTION })] });
    expect(renewal).toMatchObject({ isCanceled: false, subscriptionCancelAt: null });
  });
});

const first = aSubscription({ id: 'sub_first', createdAt: instant('2026-01-01') });
const second = aSubscription({ id: 'sub_second', createdAt: instant('2026-02-01') });
const ended = { ...first, endedAt: instant('2026-02-01') };
const unnamed = aRenewal({ subscriptionId: null });

const owners: [string, Partial<Group>, string | null][] = [
  ['the intent’s earliest', { subscriptions: [second, first], renewals: [unnamed] }, 'sub_first'],
  [
    'the earliest that had not ended by its date',
    { subscriptions: [ended, second], renewals: [unnamed] },
    'sub_second',
  ],
  ['none, where all had ended', { subscriptions: [ended], renewals: [unnamed] }, null],
  [
    'one that ended after its date',
    { subscriptions: [ended, second], renewals: [aRenewal({ subscriptionId: null, date: '2026-01-31' })] },
    'sub_first',
  ],
  [
    'not one that ended, where it has no date',
    { subscriptions: [ended, second], renewals: [aRenewal({ subscriptionId: null, date: null })] },
    'sub_second',
  ],
  [
    'by the first event seen, where the creation is not known',
    {
      subscriptions: [
        { ...first, createdAt: null, firstEventAt: instant('2026-03-01') },
        { ...second, createdAt: null },
      ],
      renewals: [unnamed],
    },
    'sub_second',
  ],
  [
    'the one it names, though another is earlier',
    { subscriptions: [first, second], renewals: [aRenewal({ names: 'sub_second' })] },
    'sub_second',
  ],
  [
    'the one it names, though it has ended',
    { subscriptions: [ended, second], renewals: [aRenewal({ names: 'sub_first' })] },
    'sub_first',
  ],
  [
    'derived anew while its link is not paid',
    { subscriptions: [first, second], renewals: [aRenewal({ subscriptionId: 'sub_second' })] },
    'sub_first',
  ],
  [
    'the one it had when its link was paid',
    {
      subscriptions: [first, second],
      invoices: paid,
      renewals: [aRenewal({ subscriptionId: 'sub_second', invoiceId: 'in_1' })],
    },
    'sub_second',
  ],
  [
    'not one of another customer',
    {
      intent: anIntent({ givenCustomerId: CUSTOMER }),
      subscriptions: [{ ...first, customerId: 'cus_stranger', firstCustomerId: 'cus_stranger' }, second],
      renewals: [unnamed],
    },
    'sub_second',
  ],
  [
    'its own also when another customer’s event has come of it',
    {
      intent: anIntent({ givenCustomerId: CUSTOMER }),
      subscriptions: [{ ...first, customerId: 'cus_stranger', endedAt: instant('2026-02-01') }, second],
      renewals: [unnamed],
    },
    'sub_first',
  ],
];

describe('A renewal’s subscription is', () => {
  it.each(owners)('%s', (_name, given, expected) => {
    expect(settleOne(given)?.subscriptionId).toBe(expected);
  });
});

const move = (from: string, to: string, position = 0): MoveRecord => ({
  subscriptionId: SUBSCRIPTION,
  eventId: `evt_move_${position}`,
  occurredAt: instant('2026-02-01'),
  position,
  from: instant(from),
  to: instant(to),
});
const monthly = aSubscription({ currentPeriodStart: instant('2026-02-01'), currentPeriodEnd: instant('2026-02-02') });

const dates: [string, Partial<Group>, string | null][] = [
  ['as given', { renewals: [aRenewal()] }, DUE],
  ['carried along a move of its date', { moves: [move(DUE, '2026-03-15')], renewals: [aRenewal()] }, '2026-03-15'],
  [
    'carried back by a trial that ended early',
    { moves: [move(DUE, '2026-02-10')], renewals: [aRenewal()] },
    '2026-02-10',
  ],
  [
    'carried along one move after the other',
    { moves: [move(DUE, '2026-03-15'), move('2026-03-15', '2026-04-01', 1)], renewals: [aRenewal()] },
    '2026-04-01',
  ],
  [
    'carried by the first move only, where the second is of another date',
    { moves: [move(DUE, '2026-03-15'), move(DUE, '2026-04-01', 1)], renewals: [aRenewal()] },
    '2026-03-15',
  ],
  [
    'carried with its distance from the moved end',
    { moves: [move('2026-02-28T20:00:00Z', '2026-03-15T20:00:00Z')], renewals: [aRenewal()] },
    '2026-03-16',
  ],
  [
    'as given, where the move is of a date a day and a second off',
    { moves: [move('2026-02-27T23:59:59Z', '2026-03-15')], renewals: [aRenewal()] },
    DUE,
  ],
  [
    'as given, where half the current period is less than the distance',
    { subscriptions: [monthly], moves: [move('2026-02-28T11:00:00Z', '2026-03-15')], renewals: [aRenewal()] },
    DUE,
  ],
  [
    'as given, where it is where a small move went',
    { moves: [move('2026-02-28T12:00:00Z', DUE)], renewals: [aRenewal()] },
    DUE,
  ],
  [
    'carried along a small move',
    { moves: [move(DUE, '2026-03-01T12:00:00Z')], renewals: [aRenewal()] },
    '2026-03-01T12:00:00Z',
  ],
  [
    'carried there and back',
    { moves: [move(DUE, '2026-03-01T12:00:00Z'), move('2026-03-01T12:00:00Z', DUE, 1)], renewals: [aRenewal()] },
    DUE,
  ],
  ['as a person set it', { moves: [move(DUE, '2026-03-15')], renewals: [aRenewal({ isDateFixed: true })] }, DUE],
  ['none, where none was given', { moves: [move(DUE, '2026-03-15')], renewals: [aRenewal({ date: null })] }, null],
  [
    'back as given, when the move is gone',
    { renewals: [{ ...aRenewal(), effectiveDate: instant('2026-03-15') }] },
    DUE,
  ],
];

describe('A renewal’s effective date is', () => {
  it.each(dates)('%s', (_name, given, expected) => {
    expect(settleOne(given)?.effectiveDate).toEqual(expected === null ? null : instant(expected));
  });

  it('where its invoice is looked for, whichever came first', () => {
    const invoices = [anInvoiceRecord({ id: 'in_1', serviceStart: '2026-03-15' })];
    expect(settleOne({ invoices, moves: [move(DUE, '2026-03-15')], renewals: [aRenewal()] })).toMatchObject({
      invoiceId: 'in_1',
    });
  });
});

function settleOne(given: Partial<Group>): RenewalRecord | undefined {
  return settle(aGroup(given)).renewals[0];
}
