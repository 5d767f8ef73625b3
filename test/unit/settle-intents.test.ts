import { describe, expect, it } from 'vitest';
import { CheckoutIntentState } from '../../src/entities/states.js';
import { ownerOf, ownersIn, withName } from '../../src/ledger/owners.js';
import type { Group } from '../../src/ledger/records.js';
import { settle } from '../../src/ledger/settle.js';
import {
  aGroup,
  anIntent,
  anInvoiceRecord,
  aRenewal,
  aSubscription,
  CUSTOMER,
  INTENT_UUID,
  instant,
  SUBSCRIPTION,
} from '../support/builders.js';

const { CREATED, PAID, FULFILLED, EXPIRED, ERRORED_PROVISIONING } = CheckoutIntentState;
const paid = anInvoiceRecord({ id: 'in_1', billingReason: 'subscription_create' });
const foreign = aSubscription({
  id: 'sub_foreign',
  customerId: 'cus_stranger',
  firstCustomerId: 'cus_stranger',
  firstEventAt: instant('2026-01-02'),
});

const states: [string, Partial<Group>, CheckoutIntentState][] = [
  ['CREATED without an invoice', {}, CREATED],
  ['CREATED while its first invoice is open', { invoices: [anInvoiceRecord({ status: 'open' })] }, CREATED],
  ['PAID by its first paid invoice, though that pays for no renewal', { invoices: [paid] }, PAID],
  ['PAID by an invoice of zero', { invoices: [anInvoiceRecord({ lines: [{ amount: 0 }] })] }, PAID],
  ['PAID though it had expired', { intent: anIntent({ state: EXPIRED }), invoices: [paid] }, PAID],
  ['FULFILLED for good', { intent: anIntent({ state: FULFILLED }), invoices: [paid] }, FULFILLED],
  [
    'errored until a service says otherwise',
    { intent: anIntent({ state: ERRORED_PROVISIONING }), invoices: [paid] },
    ERRORED_PROVISIONING,
  ],
  [
    'not PAID by another customer’s invoice',
    { intent: anIntent({ givenCustomerId: CUSTOMER }), invoices: [anInvoiceRecord({ customer: 'cus_stranger' })] },
    CREATED,
  ],
  [
    'not PAID by another customer’s subscription',
    {
      subscriptions: [aSubscription(), foreign],
      invoices: [anInvoiceRecord({ subscription: 'sub_foreign', customer: null })],
    },
    CREATED,
  ],
];

describe('A checkout intent is', () => {
  it.each(states)('%s', (_name, given, expected) => {
    expect(settle(aGroup(given)).intent?.state).toBe(expected);
  });
});

const earlier = aSubscription({
  id: 'sub_2',
  firstCustomerId: 'cus_earlier',
  firstEventAt: instant('2025-12-31'),
  firstEventId: 'evt_z',
});
const sameTime = aSubscription({ id: 'sub_2', firstCustomerId: 'cus_by_id', firstEventId: 'evt_a' });
const untimed = aSubscription({
  id: 'sub_2',
  firstCustomerId: 'cus_untimed',
  firstEventAt: null,
  firstEventId: 'evt_z',
});
const nameless = aSubscription({ firstCustomerId: null });
const taken = anIntent({ customerId: 'cus_taken' });

const customers: [string, Partial<Group>, string | null][] = [
  ['that of its earliest event', { subscriptions: [aSubscription(), earlier] }, 'cus_earlier'],
  ['that of the smaller event id within one second', { subscriptions: [aSubscription(), sameTime] }, 'cus_by_id'],
  ['that of an event without a time: it is the oldest', { subscriptions: [aSubscription(), untimed] }, 'cus_untimed'],
  ['none before any event', { subscriptions: [nameless] }, null],
  ['the given one, whatever the events say', { intent: anIntent({ givenCustomerId: 'cus_given' }) }, 'cus_given'],
  ['derived anew while no link is paid', { intent: taken }, CUSTOMER],
  [
    'the one it had when a link was paid',
    { intent: taken, invoices: [paid], renewals: [aRenewal({ invoiceId: 'in_1' })] },
    'cus_taken',
  ],
];

describe('A checkout intent’s customer is', () => {
  it.each(customers)('%s', (_name, given, expected) => {
    expect(settle(aGroup(given)).intent?.customerId).toBe(expected);
  });
});

const OTHER_UUID = '00000000-0000-4000-8000-000000000002';
const intents = [
  { id: '1', uuid: INTENT_UUID },
  { id: '2', uuid: OTHER_UUID },
];
const naming = (id: string, intentId: string) => ({ id, intentId, givenSubscriptionId: SUBSCRIPTION });
const name = (namedIntentUuid: string | null, namedIntentId: string | null = null) => ({
  id: SUBSCRIPTION,
  namedIntentUuid,
  namedIntentId,
});

const ownership: [string, [Parameters<typeof ownerOf>[0], Parameters<typeof ownersIn>[0]], string | null][] = [
  ['the intent of the uuid', [name(OTHER_UUID), { intents, renewals: [] }], '2'],
  ['the uuid before the id', [name(OTHER_UUID, '1'), { intents, renewals: [] }], '2'],
  ['the intent of the id', [name(null, '2'), { intents, renewals: [] }], '2'],
  [
    'nobody, where the uuid is of no intent yet, whatever the id says',
    [name('00000000-0000-4000-8000-00000000000f', '1'), { intents, renewals: [] }],
    null,
  ],
  ['the intent whose renewal names it', [name(null), { intents, renewals: [naming('9', '2')] }], '2'],
  ['the metadata’s before the renewal’s', [name(INTENT_UUID), { intents, renewals: [naming('9', '2')] }], '1'],
  ['the oldest renewal’s, by number', [name(null), { intents, renewals: [naming('10', '2'), naming('9', '1')] }], '1'],
  ['nobody', [name(null), { intents, renewals: [] }], null],
];

describe('A subscription belongs to', () => {
  it.each(ownership)('%s', (_name, given, expected) => {
    const [subscription, scope] = given;
    expect(ownerOf(subscription, ownersIn(scope))).toBe(expected);
  });
});

describe('A subscription’s name of its intent', () => {
  const invoiceNaming = (id: string, metadata: Record<string, string>, created: string) =>
    anInvoiceRecord({ id, metadata, created });
  const older = invoiceNaming('in_1', { checkout_intent_uuid: INTENT_UUID }, '2026-01-01');
  const newer = invoiceNaming('in_2', { checkout_intent_uuid: OTHER_UUID }, '2026-02-01');
  const silent = invoiceNaming('in_3', {}, '2026-03-01');
  const unnamed = aSubscription({ namedIntentUuid: null });

  it('is what the last of its invoices that name one carries', () => {
    expect(withName(unnamed, [newer, silent, older]).namedIntentUuid).toBe(OTHER_UUID);
    expect(withName(unnamed, [older, newer, silent]).namedIntentUuid).toBe(OTHER_UUID);
  });

  it('is its own metadata’s, where that names one', () => {
    expect(withName(aSubscription({ isNamedByItself: true }), [newer]).namedIntentUuid).toBe(INTENT_UUID);
  });

  it('is none, where nobody names one', () => {
    expect(withName(aSubscription(), [silent]).namedIntentUuid).toBeNull();
  });
});
