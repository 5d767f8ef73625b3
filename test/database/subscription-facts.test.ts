import { anInvoice, aStripeEvent, aSubscription, type SubscriptionSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DUE, instant, INTENT_UUID, SUBSCRIPTION } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

let ledger: TestLedger;
beforeAll(async () => void (ledger = await openTestLedger()));
afterAll(() => ledger.close());
beforeEach(() => ledger.empty());

interface EventSpec extends SubscriptionSpec {
  readonly type?: string;
  readonly at: string;
  readonly previous?: Readonly<Record<string, unknown>>;
}

const metadata = { checkout_intent_uuid: INTENT_UUID };
const seconds = (time: string) => instant(time).getTime() / 1000;

function event({ type = 'updated', at, previous, ...spec }: EventSpec) {
  const object = aSubscription({ created: '2026-02-01', metadata, ...spec });
  const about = { created: at, ...(previous && { previousAttributes: previous }) };
  return aStripeEvent(`customer.subscription.${type}`, object, about);
}

const subscription = async (id = SUBSCRIPTION) => {
  const [row] = await ledger.db.sql('select * from subscription where id = $1', [id]);
  return row;
};
const dates = async () =>
  (await ledger.renewals()).map(({ effectiveDate }) => effectiveDate?.toISOString().slice(0, 10));
const raisedTypes = async () => (await ledger.raised()).map(({ type }) => type);

const trialing = {
  status: 'trialing',
  trialEnd: DUE,
  currentPeriodStart: '2026-02-01',
  currentPeriodEnd: DUE,
} as const;

describe('Two events of one second', () => {
  const at = '2026-02-10T00:00:00Z';
  const behind = event({
    at,
    status: 'past_due',
    latestInvoice: 'in_2',
    previous: { status: 'active', latest_invoice: 'in_1' },
  });
  const paid = event({ at, status: 'active', latestInvoice: 'in_2', previous: { status: 'past_due' } });

  it.each([
    ['in their order', [behind, paid]],
    ['the other way round', [paid, behind]],
  ])('leave the state of the later one when they arrive %s', async (_order, [first, second]) => {
    await ledger.record(first!);
    await ledger.record(second!);
    expect(await subscription()).toMatchObject({ status: 'active', as_of_event_id: paid.id });
  });

  it('leave it too when they come in one batch', async () => {
    await ledger.record(paid, behind);
    expect(await subscription()).toMatchObject({ status: 'active' });
  });
});

describe('Two events that name no time', () => {
  const timeless = { raw: { created: undefined } };
  const first = aStripeEvent('customer.subscription.updated', aSubscription({ metadata, status: 'past_due' }), {
    ...timeless,
    id: 'evt_a',
  });
  const second = aStripeEvent('customer.subscription.updated', aSubscription({ metadata, status: 'active' }), {
    ...timeless,
    id: 'evt_b',
  });

  it.each([
    ['by their ids', [first, second]],
    ['the other way round', [second, first]],
  ])('leave the state of the one with the greater id when they arrive %s', async (_order, arriving) => {
    for (const one of arriving) await ledger.record(one);
    expect(await subscription()).toMatchObject({ status: 'active', as_of_event_id: 'evt_b' });
  });

  it('are older than one that names its time', async () => {
    for (const one of [second, event({ at: '1970-01-02', status: 'paused' }), first]) await ledger.record(one);
    expect(await subscription()).toMatchObject({ status: 'paused' });
  });
});

describe('A trial', () => {
  const early = event({
    at: '2026-02-15',
    trialEnd: '2026-02-15',
    currentPeriodStart: '2026-02-15',
    currentPeriodEnd: '2027-02-15',
    previous: { status: 'trialing', trial_end: seconds(DUE) },
  });
  const extended = event({
    at: '2026-02-15',
    ...trialing,
    trialEnd: '2026-03-15',
    currentPeriodEnd: '2026-03-15',
    previous: { trial_end: seconds(DUE) },
  });

  it.each([
    ['ended early', early, '2026-02-15'],
    ['extended', extended, '2026-03-15'],
  ])('%s takes its renewal along, whichever came first', async (_what, moving, date) => {
    await ledger.record(event({ type: 'created', at: '2026-02-01', ...trialing }), moving);
    await ledger.renewal(await ledger.intent());
    expect(await dates()).toEqual([date]);

    await ledger.empty();
    await ledger.renewal(await ledger.intent());
    await ledger.record(event({ type: 'created', at: '2026-02-01', ...trialing }));
    expect(await dates()).toEqual(['2026-03-01']);
    await ledger.record(moving);
    expect(await dates()).toEqual([date]);
    expect(await ledger.raised('renewal.rescheduled')).toMatchObject([
      { object: { before: '2026-03-01T00:00:00.000Z', after: `${date}T00:00:00.000Z` } },
    ]);
  });

  it('moved by an event that a newer one had overtaken still takes its renewal along, with history', async () => {
    await ledger.renewal(await ledger.intent());
    await ledger.record(event({ at: '2026-02-20', status: 'active', trialEnd: '2026-03-15' }));
    await ledger.record(extended);
    expect(await dates()).toEqual(['2026-03-15']);
    const changes = await ledger.db.sql<{ by: string; changes: object }>(
      'select by, changes from renewal_change order by id',
    );
    expect(changes.at(-1)).toMatchObject({ by: extended.id, changes: { effectiveDate: expect.anything() } });
  });

  it('does not move a date that a person set', async () => {
    const id = await ledger.renewal(await ledger.intent());
    await ledger.updateRenewal({ id, effectiveDate: instant(DUE), reason: 'agreed' }, 'operator');
    await ledger.record(event({ type: 'created', at: '2026-02-01', ...trialing }), early);
    expect(await dates()).toEqual(['2026-03-01']);
  });
});

describe('The end of a subscription', () => {
  const ending = { status: 'canceled', endedAt: '2026-02-20', canceledAt: '2026-02-20' } as const;
  const newer = { id: 'sub_newer', created: '2026-02-25' } as const;

  it('cancels its renewals, and its date stands with them', async () => {
    await ledger.renewal(await ledger.intent(), { stripeSubscriptionId: SUBSCRIPTION });
    await ledger.record(event({ type: 'deleted', at: '2026-02-20', ...ending }));
    expect(await ledger.renewals()).toMatchObject([
      { isCanceled: true, state: 'CANCELED', subscriptionCancelAt: instant('2026-02-20') },
    ]);
  });

  it("does not touch a newer subscription's renewals, in either order of arrival", async () => {
    const events = [
      event({ type: 'created', at: '2026-02-25', ...newer }),
      event({ type: 'deleted', at: '2026-02-20', ...ending }),
    ];
    for (const order of [events, events.toReversed()]) {
      await ledger.empty();
      await ledger.renewal(await ledger.intent(), { stripeSubscriptionId: 'sub_newer' });
      for (const arriving of order) await ledger.record(arriving);
      expect(await ledger.renewals()).toMatchObject([{ isCanceled: false, subscriptionId: 'sub_newer' }]);
    }
  });

  it('leaves a renewal that names no subscription to the newer one', async () => {
    await ledger.renewal(await ledger.intent());
    await ledger.record(
      event({ type: 'created', at: '2026-02-01' }),
      event({ type: 'created', at: '2026-02-25', ...newer }),
    );
    expect(await ledger.renewals()).toMatchObject([{ subscriptionId: SUBSCRIPTION }]);
    await ledger.record(event({ type: 'deleted', at: '2026-02-26', ...ending }));
    expect(await ledger.renewals()).toMatchObject([{ subscriptionId: 'sub_newer', isCanceled: false }]);
  });

  it('is final: an update that is newer changes nothing', async () => {
    await ledger.record(event({ type: 'deleted', at: '2026-02-20', ...ending }));
    await ledger.record(event({ at: '2026-02-21', status: 'active' }));
    expect(await subscription()).toMatchObject({
      status: 'canceled',
      is_deleted: true,
      ended_at: instant('2026-02-20'),
    });
  });

  it('that is only scheduled cancels what is due after it, until it is taken back', async () => {
    await ledger.renewal(await ledger.intent(), { effectiveDate: instant('2026-06-01') });
    await ledger.record(event({ at: '2026-02-10', cancelAt: '2026-05-01' }));
    expect(await ledger.renewals()).toMatchObject([{ isCanceled: true, subscriptionCancelAt: instant('2026-05-01') }]);
    await ledger.record(event({ at: '2026-02-11' }));
    expect(await ledger.renewals()).toMatchObject([{ isCanceled: false, subscriptionCancelAt: null }]);
  });
});

describe('Ownership', () => {
  it('is found by an intent that is created after its events', async () => {
    await ledger.record(event({ type: 'created', at: '2026-02-01' }));
    expect(await subscription()).toMatchObject({ checkout_intent_id: null });
    const id = await ledger.intent();
    expect(await subscription()).toMatchObject({ checkout_intent_id: id });
  });

  it('is that of the renewal that names the subscription, where the metadata names nobody', async () => {
    await ledger.record(event({ type: 'created', at: '2026-02-01', metadata: {} }));
    const id = await ledger.intent();
    await ledger.renewal(id, { stripeSubscriptionId: SUBSCRIPTION });
    expect(await subscription()).toMatchObject({ checkout_intent_id: id });
  });

  it('tolerates metadata that names no intent properly, and reports it', async () => {
    await ledger.record(event({ type: 'created', at: '2026-02-01', metadata: { checkout_intent_id: 'seven' } }));
    expect(await ledger.raised('attention.needed')).toMatchObject([
      { id: `attention.needed:METADATA_INVALID:${SUBSCRIPTION}` },
    ]);
  });

  it("is not shaken by another customer's event, which is reported", async () => {
    const id = await ledger.intent({ stripeCustomerId: 'cus_owner' });
    await ledger.renewal(id);
    const before = await ledger.renewals();
    await ledger.record(event({ at: '2026-02-10', customer: 'cus_other', status: 'canceled', endedAt: '2026-02-10' }));
    expect(await ledger.renewals()).toEqual(before);
    expect(await ledger.raised('attention.needed')).toMatchObject([{ object: { code: 'FOREIGN_CUSTOMER' } }]);
    expect(await ledger.db.sql('select stripe_customer_id, state from checkout_intent')).toEqual([
      { stripe_customer_id: 'cus_owner', state: 'CREATED' },
    ]);
  });

  it('has the first paid invoice, also one of zero, pay the intent', async () => {
    const id = await ledger.intent();
    await ledger.record(event({ type: 'created', at: '2026-02-01', ...trialing }));
    const invoice = anInvoice({ id: 'in_trial', billingReason: 'subscription_create', total: 0, metadata });
    await ledger.record(aStripeEvent('invoice.paid', invoice));
    expect(await ledger.db.sql('select id, state from checkout_intent')).toEqual([{ id, state: 'PAID' }]);
  });
});

describe('The events of a subscription are raised', () => {
  const life = [
    event({ type: 'created', at: '2026-02-01', ...trialing }),
    event({ type: 'trial_will_end', at: '2026-02-26', ...trialing }),
    event({ at: '2026-03-01', status: 'past_due' }),
    event({ at: '2026-03-02', status: 'active' }),
    event({ at: '2026-03-03', cancelAt: '2026-09-01' }),
    event({ at: '2026-03-04', cancelAt: '2026-10-01' }),
    event({ at: '2026-03-05' }),
    event({ type: 'paused', at: '2026-03-06', status: 'paused' }),
    event({ type: 'resumed', at: '2026-03-07' }),
    event({ type: 'pending_update_applied', at: '2026-03-08' }),
    event({ type: 'pending_update_expired', at: '2026-03-09' }),
    event({ type: 'deleted', at: '2026-03-10', status: 'canceled', endedAt: '2026-03-10' }),
  ];

  it('once each, however often they come', async () => {
    for (const one of [...life, ...life]) await ledger.record(one);
    const told = [
      'trial_ending',
      'past_due',
      'recovered',
      'cancellation_scheduled',
      'cancellation_scheduled',
      'reinstated',
      'paused',
      'resumed',
      'pending_update_applied',
      'pending_update_expired',
      'canceled',
    ];
    expect(await raisedTypes()).toEqual(told.map((type) => `subscription.${type}`));
  });

  it('once each too when a worker takes all of them at once', async () => {
    for (const one of life) await ledger.record(one);
    const told = (await raisedTypes()).toSorted();
    await ledger.empty();
    await ledger.record(...life);
    expect((await raisedTypes()).toSorted()).toEqual(told);
  });

  it('not for what a newer event had overtaken', async () => {
    await ledger.record(life.at(-1)!);
    for (const one of life.slice(0, -1)) await ledger.record(one);
    expect(await raisedTypes()).toEqual(['subscription.canceled']);
  });
});
