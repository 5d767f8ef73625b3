import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { serveGraphql, type GraphqlAnswer, type GraphqlService } from '../support/graphql.js';
import { insertRow } from '../support/rows.js';

let db: TestDatabase;
let service: GraphqlService;

const INTENTS = 12;

beforeAll(async () => {
  db = await openTestDatabase();
  service = await serveGraphql(db);
  for (let number = 1; number <= INTENTS; number += 1) await insertIntent(number);
});
afterAll(async () => {
  await service.close();
  await db.close();
});

/** An intent with a subscription, two renewals, the older one linked to a paid invoice, and the events of both. */
async function insertIntent(number: number): Promise<void> {
  const intent = await insertRow(db, 'checkout_intent', { stripe_customer_id: `cus_${number}` });
  const subscription = await insertRow(db, 'subscription', { checkout_intent_id: intent.id });
  const own = { checkout_intent_id: intent.id, stripe_subscription_id: subscription.id };
  const invoice = await insertRow(db, 'invoice', {
    stripe_subscription_id: subscription.id,
    is_linked: true,
    total: '12000',
    amount_paid: '9007199254740991',
  });
  const linked = await insertRow(db, 'renewal', {
    ...own,
    state: 'PAID',
    stripe_invoice_id: invoice.id,
    linked_by: 'RULE',
  });
  await insertRow(db, 'renewal', own);
  await insertRow(db, 'checkout_intent_change', {
    checkout_intent_id: intent.id,
    changes: { state: ['CREATED', 'PAID'] },
  });
  for (const by of ['first', 'second']) await insertRow(db, 'renewal_change', { renewal_id: linked.id, by });
  const stripe = await insertRow(db, 'event', { stripe_subscription_id: subscription.id });
  await insertRow(db, 'event', { source: 'LEDGER', type: 'renewal.paid', checkout_intent_id: intent.id });
  for (const handler of ['B.run', 'A.run']) await insertRow(db, 'delivery', { event_id: stripe.id, handler });
}

const EVERYTHING = `
  query ($first: Int!) {
    checkoutIntents(first: $first) { nodes {
      id history { by changes }
      subscriptions(first: $first) { nodes { id checkoutIntent { id } invoices(first: $first) { nodes { id } } renewals(first: 1) { nodes { id } } } }
      renewals(first: $first) { nodes {
        id checkoutIntent { id } subscription { id } history { by }
        invoice { id total amountPaid renewal { id } }
      } pageInfo { hasNextPage endCursor } }
    } }
    events(first: $first) { nodes { id source checkoutIntent { id } deliveries { handler state } payload } }
  }`;

const ask = (first: number): Promise<GraphqlAnswer> => service.ask(EVERYTHING, { first });

describe('a nested list', () => {
  it('costs the same number of statements whatever the length of the pages', async () => {
    const [short, long] = [await db.statementsOf(() => ask(2)), await db.statementsOf(() => ask(INTENTS))];
    expect(long).toHaveLength(short.length);
    expect(short.length).toBeLessThanOrEqual(17);
  });

  it('answers each parent with its own rows, and only them', async () => {
    const { data, errors } = await ask(INTENTS);
    expect(errors).toBeUndefined();
    expect(data.checkoutIntents.nodes).toHaveLength(INTENTS);
    for (const intent of data.checkoutIntents.nodes) {
      const [scheduled, linked] = intent.renewals.nodes;
      expect(intent.history).toEqual([{ by: 'test', changes: { state: ['CREATED', 'PAID'] } }]);
      expect(intent.renewals).toMatchObject({ nodes: [{ invoice: null }, {}], pageInfo: { hasNextPage: false } });
      expect(Number(scheduled.id)).toBeGreaterThan(Number(linked.id));
      expect(linked).toMatchObject({ checkoutIntent: { id: intent.id }, history: [{ by: 'first' }, { by: 'second' }] });
      expect(linked.invoice).toMatchObject({
        total: 12_000,
        amountPaid: 9_007_199_254_740_991,
        renewal: { id: linked.id },
      });
      expect(intent.subscriptions.nodes).toEqual([
        {
          id: linked.subscription.id,
          checkoutIntent: { id: intent.id },
          invoices: { nodes: [{ id: linked.invoice.id }] },
          renewals: { nodes: [{ id: scheduled.id }] },
        },
      ]);
    }
  });

  it('finds the intent of a ledger event by its column and of a Stripe event by its subscription', async () => {
    const { data } = await service.ask(
      '{ events(first: 100) { nodes { source checkoutIntent { id } deliveries { handler state } } } }',
    );
    const { nodes } = data.events;
    expect(nodes).toHaveLength(2 * INTENTS);
    expect(nodes.every((event: { checkoutIntent: unknown }) => event.checkoutIntent !== null)).toBe(true);
    const stripe = nodes.find((event: { source: string }) => event.source === 'STRIPE');
    expect(stripe.deliveries).toEqual([
      { handler: 'A.run', state: 'DONE' },
      { handler: 'B.run', state: 'DONE' },
    ]);
  });

  it('pages on, parent by parent', async () => {
    const { data } = await ask(1);
    const [intent] = data.checkoutIntents.nodes;
    const [first] = intent.renewals.nodes;
    expect(intent.renewals.pageInfo.hasNextPage).toBe(true);
    const next = await service.ask(
      'query ($id: ID!, $after: String) { checkoutIntent(id: $id) { renewals(first: 1, after: $after) { nodes { id } pageInfo { hasNextPage } } } }',
      { id: intent.id, after: intent.renewals.pageInfo.endCursor },
    );
    expect(next.data.checkoutIntent.renewals.pageInfo.hasNextPage).toBe(false);
    expect(Number(next.data.checkoutIntent.renewals.nodes[0].id)).toBeLessThan(Number(first.id));
  });

  it('may be asked for twice with different pages', async () => {
    const { data } = await service.ask(
      '{ checkoutIntents(first: 3) { nodes { one: renewals(first: 1) { nodes { id } } all: renewals { nodes { id } } } } }',
    );
    for (const { one, all } of data.checkoutIntents.nodes) {
      expect(all.nodes).toHaveLength(2);
      expect(one.nodes).toEqual(all.nodes.slice(0, 1));
    }
  });
});
