import { createHash } from 'node:crypto';
import { signed } from '@renewal-ledger/sdk/testing';
import type { Client } from 'pg';
import type { Customer } from '../../src/cli/simulate/plan.js';
import type { LicenseManagerStandIn } from '../../test/support/license-manager.js';
import type { Load } from './load.js';

/** A thing that was to happen, how often it did, and how many of them did not happen, or happened twice, or otherwise. */
export interface Line {
  readonly what: string;
  readonly expected: number;
  readonly found: number;
  readonly differences: number;
}

export interface Seen {
  readonly client: Client;
  readonly manager: LicenseManagerStandIn;
  readonly load: Load;
  /** Processes that ended without being killed. */
  readonly endedByThemselves: number;
}

/** Compares what the lives say with what is stored, and with what reached the license manager. */
export async function tally(seen: Seen): Promise<Line[]> {
  const { customers, acknowledged } = seen.load;
  const events = customers.flatMap(({ life }) => life.events);
  const posted = new Map(
    events.map((event) => [event.id, createHash('sha256').update(signed(event, 'any').body).digest('hex')]),
  );
  const stripe = await readEvents(seen.client, 'STRIPE');
  const ledger = await readEvents(seen.client, 'LEDGER');
  const payments = paymentsOf(customers);
  const raised = ledger.filter(({ type }) => type === 'payment.received').map(({ invoice }) => invoice ?? '');
  return [
    count('events acknowledged', [...posted.keys()], [...acknowledged]),
    compare(
      'events stored, byte for byte',
      posted,
      stripe.map(({ id, hash }) => [id, hash]),
    ),
    count('events handled', [...posted.keys()], handled(stripe)),
    count(
      'ledger events handled',
      ledger.map(({ id }) => id),
      handled(ledger),
    ),
    compare('renewals processed', renewalsOf(customers), await readRenewals(seen.client)),
    count('effective calls', [...renewalsOf(customers).keys()], timesOf(seen.manager.processed)),
    compare('plans as they should be', plansOf(customers), [...seen.manager.plans]),
    count('receipts raised', payments, raised),
    count(
      'receipts written by the plugin',
      payments.map((invoice) => `payment.received:${invoice}`),
      await readEffects(seen.client),
    ),
    nothing('processes that ended by themselves', seen.endedByThemselves),
  ];
}

const nothing = (what: string, found: number): Line => ({ what, expected: 0, found, differences: found });

/** Each of these once, and nothing else. */
function count(what: string, expected: readonly string[], found: readonly string[]): Line {
  const times = Map.groupBy(found, (name) => name);
  const missing = expected.filter((name) => !times.has(name)).length;
  const known = new Set(expected);
  const tooMany = [...times].reduce((sum, [name, all]) => sum + all.length - (known.has(name) ? 1 : 0), 0);
  return { what, expected: expected.length, found: found.length, differences: missing + tooMany };
}

/** Each of these once, with this value, and nothing else. */
function compare(
  what: string,
  expected: ReadonlyMap<string, unknown>,
  found: readonly (readonly [string, unknown])[],
): Line {
  const pairs = [...expected].map((pair) => JSON.stringify(pair));
  return count(
    what,
    pairs,
    found.map((pair) => JSON.stringify(pair)),
  );
}

const timesOf = (counts: ReadonlyMap<string, number>): string[] =>
  [...counts].flatMap(([name, times]) => Array.from({ length: times }, () => name));

/** The invoices that were paid for with money. */
function paymentsOf(customers: readonly Customer[]): string[] {
  const paid = customers.flatMap(({ life }) => life.events).filter(({ type }) => type === 'invoice.paid');
  const invoices = paid.map(({ data }) => data.object as { id: string; total: number });
  return [...new Set(invoices.filter(({ total }) => total > 0).map(({ id }) => id))];
}

/** The invoice of each, by the renewal's own name. */
function renewalsOf(customers: readonly Customer[]): Map<string, string> {
  return new Map(
    customers.flatMap(({ renewals, life }) =>
      renewals.map(({ subscriptionPlanRenewalId }, index) => [
        subscriptionPlanRenewalId,
        `PROCESSED by ${life.renewals[index]!.invoice}`,
      ]),
    ),
  );
}

/** Only the plan of the last renewal is active, and none where the subscription has ended. */
function plansOf(customers: readonly Customer[]): Map<string, boolean> {
  return new Map(
    customers.flatMap(({ renewals, life }) =>
      renewals.map(({ renewedSubscriptionPlanUuid: plan }) => [
        plan,
        life.spec.canceled !== true && plan === renewals.at(-1)?.renewedSubscriptionPlanUuid,
      ]),
    ),
  );
}

interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly hash: string;
  readonly invoice: string | null;
}

const handled = (events: readonly StoredEvent[]): string[] =>
  events.filter(({ state }) => state === 'HANDLED' || state === 'IGNORED').map(({ id }) => id);

async function readEvents(client: Client, source: string): Promise<StoredEvent[]> {
  const { rows } = await client.query<StoredEvent>(
    `select e.id, e.type, e.state, encode(sha256(b.body), 'hex') as hash, e.stripe_invoice_id as invoice
       from event e left join event_body b on b.event_id = e.id where e.source = $1`,
    [source],
  );
  return rows;
}

async function readRenewals(client: Client): Promise<[string, string][]> {
  const { rows } = await client.query<{ id: string; state: string; invoice: string }>(
    'select subscription_plan_renewal_id as id, state, stripe_invoice_id as invoice from renewal',
  );
  return rows.map(({ id, state, invoice }) => [id, `${state} by ${invoice}`]);
}

async function readEffects(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('select event_id as id from effects');
  return rows.map(({ id }) => id);
}
