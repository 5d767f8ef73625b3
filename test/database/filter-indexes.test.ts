import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  intentConditions,
  invoiceConditions,
  renewalConditions,
  subscriptionConditions,
  unmatchedConditions,
} from '../../src/schema/connections/conditions.js';
import { eventConditions } from '../../src/schema/connections/event-conditions.js';
import { keysets, orderOf, type Condition, type Order } from '../../src/schema/connections/keyset.js';
import { DeliveryState, EventSource, EventState, RenewalState } from '../../src/entities/states.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;

const ROWS = 20_000;
const NOW = new Date('2026-11-23T12:00:00Z');

beforeAll(async () => {
  db = await openTestDatabase();
  for (const statement of fill) await db.sql(statement);
  await db.sql('analyze');
}, 120_000);
afterAll(() => db.close());

const series = `generate_series(1, ${ROWS}) as n`;
const time = `timestamptz '2026-01-01' + n * interval '1 minute'`;
const fill = [
  `insert into checkout_intent (stripe_customer_id, enterprise_slug, state) select 'cus_' || n, 'slug-' || n, case when n % 1000 = 0 then 'EXPIRED' else 'PAID' end from ${series}`,
  `insert into subscription (id, stripe_customer_id, status, checkout_intent_id, recorded_at) select 'sub_' || n, 'cus_' || n, case when n % 1000 = 0 then 'paused' else 'active' end, n, ${time} from ${series}`,
  `insert into renewal (checkout_intent_id, subscription_plan_renewal_id, stripe_subscription_id, stripe_invoice_id, effective_date, state)
    select n, 'plan-renewal-' || n, 'sub_' || n, case when n % 100 > 0 then 'in_' || n end, ${time}, case when n % 100 > 0 then 'PROCESSED' else 'SCHEDULED' end from ${series}`,
  `insert into invoice (id, stripe_subscription_id, stripe_customer_id, status, billing_reason, is_linked, created_at, lines, lines_verdict, are_lines_truncated, as_of_event_id)
    select 'in_' || n, 'sub_' || n, 'cus_' || n, case when n % 1000 = 0 then 'open' else 'paid' end, 'subscription_cycle', n % 100 > 0, ${time}, '[]', 'ELIGIBLE', false, 'evt' from ${series}`,
  `insert into event (id, type, source, state, occurred_at, received_at, stripe_customer_id, stripe_subscription_id, stripe_invoice_id, checkout_intent_id, body_hash)
    select 'evt_' || n, 'type.' || n % 1000, case when n % 2 = 0 then 'LEDGER' else 'STRIPE' end, case when n % 1000 = 0 then 'DEAD' else 'HANDLED' end, ${time}, ${time}, 'cus_' || n, 'sub_' || n, 'in_' || n,
      case when n % 2 = 0 then n end, '' from ${series}`,
  `insert into delivery (event_id, handler, state) select 'evt_' || n, 'A.run', case when n % 1000 = 0 then 'DEAD' else 'DONE' end from ${series}`,
];

/** What PostgreSQL would do for the first page of a list. */
async function planOf({ table, ...order }: Order, where: readonly Condition[]): Promise<string> {
  const statement = sql`explain select * from ${sql.table(table)} where ${sql.join(where, sql` and `)} order by ${orderOf({ table, ...order })} limit 51`;
  const { rows } = await statement.execute(db.em().getKysely());
  return (rows as { 'QUERY PLAN': string }[]).map((row) => row['QUERY PLAN']).join('\n');
}

const day = { from: new Date('2026-01-05T00:00:00Z'), to: new Date('2026-01-05T01:00:00Z') };

const plans: [what: string, order: Order, where: readonly Condition[], index: string][] = [
  [
    'checkoutIntents by state',
    keysets.checkoutIntents,
    intentConditions({ state: ['EXPIRED' as never] }),
    'checkout_intent_state_id_index',
  ],
  [
    'checkoutIntents by customer',
    keysets.checkoutIntents,
    intentConditions({ stripeCustomerId: 'cus_7' }),
    'checkout_intent_stripe_customer_id_id_index',
  ],
  [
    'checkoutIntents by slug',
    keysets.checkoutIntents,
    intentConditions({ enterpriseSlug: 'slug-7' }),
    'checkout_intent_enterprise_slug_id_index',
  ],
  [
    'renewals by state',
    keysets.renewals,
    renewalConditions({ state: [RenewalState.CANCELED] }, NOW),
    'renewal_state_id_index',
  ],
  [
    'renewals by intent',
    keysets.renewals,
    renewalConditions({ checkoutIntentId: '7' }, NOW),
    'renewal_checkout_intent_id_id_index',
  ],
  [
    'renewals by subscription',
    keysets.renewals,
    renewalConditions({ stripeSubscriptionId: 'sub_7' }, NOW),
    'renewal_stripe_subscription_id_id_index',
  ],
  [
    'renewals by invoice',
    keysets.renewals,
    renewalConditions({ stripeInvoiceId: 'in_7' }, NOW),
    'renewal_stripe_invoice_id_unique',
  ],
  [
    'renewals by date',
    keysets.renewals,
    renewalConditions({ effectiveFrom: day.from, effectiveTo: day.to }, NOW),
    'renewal_effective_date_id_index',
  ],
  ['overdue renewals', keysets.renewals, renewalConditions({ overdue: true }, day.to), 'renewal_scheduled_index'],
  [
    'subscriptions by status',
    keysets.subscriptions,
    subscriptionConditions({ status: ['paused'] }),
    'subscription_status_recorded_at_index',
  ],
  [
    'subscriptions by customer',
    keysets.subscriptions,
    subscriptionConditions({ stripeCustomerId: 'cus_7' }),
    'subscription_stripe_customer_id_recorded_at_index',
  ],
  [
    'subscriptions by intent',
    keysets.subscriptions,
    subscriptionConditions({ checkoutIntentId: '7' }),
    'subscription_checkout_intent_id_recorded_at_index',
  ],
  ['invoices by status', keysets.invoices, invoiceConditions({ status: ['open'] }), 'invoice_status_created_at_index'],
  [
    'invoices by subscription',
    keysets.invoices,
    invoiceConditions({ stripeSubscriptionId: 'sub_7' }),
    'invoice_stripe_subscription_id_created_at_index',
  ],
  [
    'invoices by customer',
    keysets.invoices,
    invoiceConditions({ stripeCustomerId: 'cus_7' }),
    'invoice_stripe_customer_id_created_at_index',
  ],
  ['invoices without a link', keysets.invoices, invoiceConditions({ linked: false }), 'invoice_unlinked_index'],
  ['unmatched invoices', keysets.invoices, unmatchedConditions, 'invoice_unlinked_index'],
  ['events by type', keysets.events, eventConditions({ type: ['type.7'] }), 'event_type_received_at_index'],
  ['events by source', keysets.events, eventConditions({ source: EventSource.LEDGER }), 'event_received_at_id_index'],
  [
    'events by state',
    keysets.events,
    eventConditions({ state: [EventState.DEAD, EventState.RETRYING] }),
    'event_state_index',
  ],
  [
    'events by subscription',
    keysets.events,
    eventConditions({ stripeSubscriptionId: 'sub_7' }),
    'event_subscription_index',
  ],
  ['events by invoice', keysets.events, eventConditions({ stripeInvoiceId: 'in_7' }), 'event_invoice_index'],
  ['events by customer', keysets.events, eventConditions({ stripeCustomerId: 'cus_7' }), 'event_customer_index'],
  ['ledger events by intent', keysets.events, eventConditions({ checkoutIntentId: '8' }), 'event_intent_index'],
  ['Stripe events by intent', keysets.events, eventConditions({ checkoutIntentId: '8' }), 'event_subscription_index'],
  [
    'events by time',
    keysets.events,
    eventConditions({ occurredFrom: day.from, occurredTo: day.to }),
    'event_occurred_at_index',
  ],
  [
    'events by receipt',
    keysets.events,
    eventConditions({ receivedFrom: day.from, receivedTo: day.to }),
    'event_received_at_id_index',
  ],
  [
    'events by delivery',
    keysets.events,
    eventConditions({ handler: 'A.run', deliveryState: [DeliveryState.DEAD] }),
    'delivery_state_index',
  ],
];

describe('a filter of the contract is served by an index', () => {
  it.each(plans.map(([what, ...rest]) => [what, rest] as const))('%s', async (_what, [order, where, index]) => {
    const plan = await planOf(order, where);
    expect(plan).toContain(index);
    expect(plan).not.toContain('Seq Scan');
  });
});
