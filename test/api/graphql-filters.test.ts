import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { serveGraphql, type GraphqlService } from '../support/graphql.js';
import { insertRow } from '../support/rows.js';

let db: TestDatabase;
let service: GraphqlService;
let intentId: string;

const NOW = new Date('2026-11-23T12:00:00Z');

beforeAll(async () => {
  db = await openTestDatabase();
  service = await serveGraphql(db, { clock: { now: () => NOW } });
  intentId = (
    await insertRow(db, 'checkout_intent', { state: 'PAID', stripe_customer_id: 'cus_1', enterprise_slug: 'acme' })
  ).id;
  const other = await insertRow(db, 'checkout_intent', { enterprise_slug: 'other' });
  await insertRow(db, 'subscription', { id: 'sub_1', checkout_intent_id: intentId, stripe_customer_id: 'cus_1' });
  await insertRow(db, 'subscription', { id: 'sub_2', checkout_intent_id: other.id, status: 'past_due' });
  await insertRow(db, 'subscription', { id: 'sub_unknown', status: null });
  await insertRenewals(intentId, other.id);
  await insertInvoices();
  await insertEvents(intentId);
});
afterAll(async () => {
  await service.close();
  await db.close();
});

async function insertRenewals(intent: string, other: string): Promise<void> {
  const renewal = (name: string, row: object) =>
    insertRow(db, 'renewal', { checkout_intent_id: intent, subscription_plan_renewal_id: name, ...row });
  await renewal('late', { effective_date: '2026-11-23T11:59:59Z', stripe_subscription_id: 'sub_1' });
  await renewal('late, linked', {
    effective_date: '2026-11-01T00:00:00Z',
    stripe_invoice_id: 'in_linked',
    state: 'LINKED',
  });
  await renewal('due now', { effective_date: '2026-11-23T12:00:00Z' });
  await renewal('dateless', { checkout_intent_id: other });
  await renewal('canceled', {
    effective_date: '2026-10-01T00:00:00Z',
    state: 'CANCELED',
    stripe_subscription_id: 'sub_2',
  });
}

async function insertInvoices(): Promise<void> {
  const cycle = { billing_reason: 'subscription_cycle', stripe_subscription_id: 'sub_1' };
  await insertRow(db, 'invoice', {
    ...cycle,
    id: 'in_linked',
    is_linked: true,
    status: 'paid',
    stripe_customer_id: 'cus_1',
  });
  await insertRow(db, 'invoice', { ...cycle, id: 'in_cycle' });
  await insertRow(db, 'invoice', { ...cycle, id: 'in_old', billing_reason: 'subscription', status: 'paid' });
  await insertRow(db, 'invoice', { ...cycle, id: 'in_void', status: 'void' });
  await insertRow(db, 'invoice', { ...cycle, id: 'in_deleted', status: 'deleted' });
  await insertRow(db, 'invoice', { id: 'in_manual', billing_reason: 'manual', status: 'draft' });
  await insertRow(db, 'invoice', { id: 'in_no_reason', billing_reason: null });
}

async function insertEvents(intent: string): Promise<void> {
  const event = (id: string, row: object = {}) => insertRow(db, 'event', { id, ...row });
  await event('evt_1', {
    type: 'invoice.paid',
    stripe_subscription_id: 'sub_1',
    stripe_invoice_id: 'in_linked',
    stripe_customer_id: 'cus_1',
  });
  await event('evt_2', {
    type: 'invoice.created',
    state: 'WAITING',
    occurred_at: '2026-11-01T00:00:00Z',
    received_at: '2026-11-02T00:00:00Z',
  });
  await event('renewal.paid:1', { type: 'renewal.paid', source: 'LEDGER', checkout_intent_id: intent });
  await event('evt_other', { state: 'DEAD', stripe_subscription_id: 'sub_2' });
  const delivery = (id: string, handler: string, state: string) =>
    insertRow(db, 'delivery', { event_id: id, handler, state });
  await delivery('evt_1', 'A.run', 'DONE');
  await delivery('evt_2', 'A.run', 'WAITING');
  await delivery('evt_2', 'B.run', 'DONE');
  await delivery('evt_other', 'B.run', 'DEAD');
}

/** What a filter finds, by the field that names it, in no order. */
async function find(list: string, name: string, filter: string): Promise<string[]> {
  const { data, errors } = await service.ask(
    `{ ${list}(filter: ${filter.replaceAll('INTENT', intentId)}) { nodes { ${name} } } }`,
  );
  expect(errors).toBeUndefined();
  return data[list].nodes.map((node: Record<string, string>) => node[name]).sort();
}

describe('checkout intents', () => {
  it.each([
    ['null', ['acme', 'other']],
    ['{}', ['acme', 'other']],
    ['{ state: null }', ['acme', 'other']],
    ['{ state: [] }', []],
    ['{ state: [PAID, EXPIRED] }', ['acme']],
    ['{ stripeCustomerId: "cus_1" }', ['acme']],
    ['{ enterpriseSlug: "other" }', ['other']],
    ['{ enterpriseSlug: "other", stripeCustomerId: "cus_1" }', []],
  ])('%s', async (filter, expected) => {
    expect(await find('checkoutIntents', 'enterpriseSlug', filter)).toEqual(expected);
  });
});

describe('renewals', () => {
  it.each([
    ['{ state: [CANCELED] }', ['canceled']],
    ['{ checkoutIntentId: INTENT }', ['canceled', 'due now', 'late', 'late, linked']],
    ['{ checkoutIntentId: "no id" }', []],
    ['{ checkoutIntentId: "99999999999999999999" }', []],
    ['{ stripeSubscriptionId: "sub_1" }', ['late']],
    ['{ stripeInvoiceId: "in_linked" }', ['late, linked']],
    ['{ effectiveFrom: "2026-11-01T01:00:00+01:00", effectiveTo: "2026-11-23T12:00:00Z" }', ['late', 'late, linked']],
    ['{ effectiveFrom: "2026-11-23T12:00:00Z" }', ['due now']],
    ['{ overdue: true }', ['late']],
    ['{ overdue: false }', ['canceled', 'dateless', 'due now', 'late, linked']],
  ])('%s', async (filter, expected) => {
    expect(await find('renewals', 'subscriptionPlanRenewalId', filter)).toEqual(expected);
  });
});

describe('subscriptions', () => {
  it.each([
    ['{ status: ["active", "past_due"] }', ['sub_1', 'sub_2']],
    ['{ stripeCustomerId: "cus_1" }', ['sub_1']],
    ['{ checkoutIntentId: INTENT }', ['sub_1']],
    ['{}', ['sub_1', 'sub_2', 'sub_unknown']],
  ])('%s', async (filter, expected) => {
    expect(await find('subscriptions', 'id', filter)).toEqual(expected);
  });
});

describe('invoices', () => {
  it.each([
    ['{ status: ["paid"] }', ['in_linked', 'in_old']],
    ['{ stripeSubscriptionId: "sub_1", linked: false }', ['in_cycle', 'in_deleted', 'in_old', 'in_void']],
    ['{ stripeCustomerId: "cus_1" }', ['in_linked']],
    ['{ linked: true }', ['in_linked']],
  ])('%s', async (filter, expected) => {
    expect(await find('invoices', 'id', filter)).toEqual(expected);
  });

  it('are unmatched where they are of a billing cycle, live, and without a link', async () => {
    const { data } = await service.ask('{ unmatchedInvoices { nodes { id } } }');
    expect(data.unmatchedInvoices.nodes).toEqual([{ id: 'in_old' }, { id: 'in_cycle' }]);
  });
});

describe('events', () => {
  it.each([
    ['{ type: ["invoice.created", "renewal.paid"] }', ['evt_2', 'renewal.paid:1']],
    ['{ source: LEDGER }', ['renewal.paid:1']],
    ['{ state: [WAITING, DEAD] }', ['evt_2', 'evt_other']],
    ['{ stripeSubscriptionId: "sub_2" }', ['evt_other']],
    ['{ stripeInvoiceId: "in_linked" }', ['evt_1']],
    ['{ stripeCustomerId: "cus_1" }', ['evt_1']],
    ['{ checkoutIntentId: INTENT }', ['evt_1', 'renewal.paid:1']],
    ['{ checkoutIntentId: "0" }', []],
    ['{ occurredFrom: "2026-11-01T00:00:00Z" }', ['evt_2']],
    ['{ occurredTo: "2026-11-01T00:00:00Z" }', ['evt_1', 'evt_other', 'renewal.paid:1']],
    ['{ receivedFrom: "2026-11-02T00:00:00Z", receivedTo: "2026-11-02T00:00:00.001Z" }', ['evt_2']],
    ['{ handler: "A.run" }', ['evt_1', 'evt_2']],
    ['{ handler: "A.run", deliveryState: [DONE, DEAD] }', ['evt_1']],
    ['{ deliveryState: [DONE, DEAD] }', ['evt_1', 'evt_2', 'evt_other']],
    ['{ handler: "A.run", deliveryState: [] }', []],
  ])('%s', async (filter, expected) => {
    expect(await find('events', 'id', filter)).toEqual(expected);
  });

  it('of an intent are those that name it as theirs, also where the ledger raised them before their subscription had an owner', async () => {
    const ofLedger = { source: 'LEDGER', stripe_subscription_id: 'sub_late' };
    const [owner, other] = [await insertRow(db, 'checkout_intent'), await insertRow(db, 'checkout_intent')];
    await insertRow(db, 'subscription', { id: 'sub_late', checkout_intent_id: owner.id });
    await insertRow(db, 'event', { id: 'payment.received:in_early', ...ofLedger });
    await insertRow(db, 'event', { id: 'renewal.paid:of_other', ...ofLedger, checkout_intent_id: other.id });
    const { data } = await service.ask(
      '{ events(filter: { stripeSubscriptionId: "sub_late" }) { nodes { id checkoutIntent { id } } } }',
    );
    for (const { id } of [owner, other]) {
      const named = data.events.nodes.filter(
        (event: { checkoutIntent: { id: string } }) => event.checkoutIntent.id === id,
      );
      expect(named).toHaveLength(1);
      expect(await find('events', 'id', `{ checkoutIntentId: ${id} }`)).toEqual([named[0].id]);
    }
  });
});
