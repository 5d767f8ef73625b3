import type { Query } from '../online-migration.js';
import { ownerOf, type Owners, withName } from './owners.js';
import { findSubscriptions, type NewFacts, readNewFacts } from './read-facts.js';
import {
  type Group,
  type IntentRow,
  type InvoiceRow,
  type MoveRow,
  type RenewalRow,
  type SubscriptionRow,
  timeOf,
} from './rows.js';
import { readRows } from './tables.js';

/** Whole checkout intents, locked, with the facts that are kept of them and those that are not. */
export interface Scope {
  readonly groups: readonly Group[];
  readonly known: { readonly subscriptions: readonly SubscriptionRow[]; readonly invoices: readonly InvoiceRow[] };
  readonly facts: NewFacts;
}

/**
 * Locks intents, then their subscriptions, each ascending by id: the order of everybody who settles. Subscriptions of intents that are
 * not in this batch are looked at and left to their own.
 */
export async function lockScope(query: Query, intentIds: readonly string[]): Promise<Scope> {
  const intents = await query<IntentRow>(
    `select id, uuid, coalesce(given_stripe_customer_id, stripe_customer_id) as stripe_customer_id
     from checkout_intent where id = any($1::bigint[]) order by id for no key update`,
    [intentIds],
  );
  const renewals = await readRows<RenewalRow>(query, 'renewal', {
    where: 'checkout_intent_id = any($1::bigint[]) order by id',
    parameters: [intentIds],
  });
  const subscriptionIds = [
    ...renewals.flatMap((renewal) => renewal.given_stripe_subscription_id ?? []),
    ...(await findSubscriptions(
      query,
      intents.flatMap((intent) => intent.stripe_customer_id ?? []),
    )),
  ];
  const subscriptions = await readRows<SubscriptionRow>(query, 'subscription', {
    where: 'id = any($1::text[]) or checkout_intent_id = any($2::bigint[]) order by id for no key update',
    parameters: [subscriptionIds, intentIds],
  });
  const invoiceIds = renewals.flatMap((renewal) => renewal.stripe_invoice_id ?? []);
  const facts = await readNewFacts(query, subscriptions, {
    subscriptionIds: [...subscriptionIds, ...subscriptions.map(({ id }) => id)],
    invoiceIds,
  });
  const invoices = await readRows<InvoiceRow>(query, 'invoice', {
    where: 'stripe_subscription_id = any($1::text[]) or id = any($2::text[]) order by created_at, id',
    parameters: [[...facts.subscriptions.keys()], invoiceIds],
  });
  const groups = await toGroups(query, {
    intents,
    renewals,
    facts,
    invoices: [...invoices, ...facts.invoices.values()],
  });
  return { groups, known: { subscriptions, invoices }, facts };
}

interface Parts {
  readonly intents: readonly IntentRow[];
  readonly renewals: readonly RenewalRow[];
  readonly invoices: readonly InvoiceRow[];
  readonly facts: NewFacts;
}

async function toGroups(query: Query, { intents, renewals, invoices, facts }: Parts): Promise<Group[]> {
  const invoicesOf = Map.groupBy(invoices, (invoice) => invoice.stripe_subscription_id);
  const named = [...facts.subscriptions.values()].map((one) => withName(one, invoicesOf.get(one.id) ?? []));
  const owners = await readOwners(query, named);
  const subscriptions = named.map((one) => ({ ...one, checkout_intent_id: ownerOf(one, owners) }));
  const ownerOfSubscription = new Map(subscriptions.map((one) => [one.id, one.checkout_intent_id]));
  const holders = await readHolders(query, invoices);
  const own = {
    subscriptions: Map.groupBy(subscriptions, (one) => one.checkout_intent_id),
    invoices: Map.groupBy(
      invoices,
      ({ id, stripe_subscription_id: of }) => holders.get(id) ?? ownerOfSubscription.get(of ?? '') ?? null,
    ),
    moves: Map.groupBy(await readMoves(query, facts), (move) => ownerOfSubscription.get(move.subscription_id) ?? null),
    renewals: Map.groupBy(renewals, (renewal) => renewal.checkout_intent_id),
  };
  const refused = await readRefused(query, renewals);
  return intents.map((intent) => ({
    intent,
    subscriptions: own.subscriptions.get(intent.id) ?? [],
    moves: own.moves.get(intent.id) ?? [],
    invoices: own.invoices.get(intent.id) ?? [],
    renewals: own.renewals.get(intent.id) ?? [],
    refused,
  }));
}

async function readOwners(query: Query, subscriptions: readonly SubscriptionRow[]): Promise<Owners> {
  const uuids = subscriptions.flatMap((one) => one.named_intent_uuid ?? []);
  const ids = subscriptions.flatMap((one) => one.named_intent_id ?? []);
  return {
    named: await query('select id, uuid from checkout_intent where uuid = any($1::uuid[]) or id = any($2::bigint[])', [
      uuids,
      ids,
    ]),
    naming: await query(
      `select checkout_intent_id, given_stripe_subscription_id from renewal
       where given_stripe_subscription_id = any($1::text[]) order by id`,
      [subscriptions.map(({ id }) => id)],
    ),
  };
}

/** The intents whose renewals hold these invoices, wherever those belong. */
async function readHolders(query: Query, invoices: readonly InvoiceRow[]): Promise<Map<string, string>> {
  const rows = await query<{ id: string; intent: string }>(
    'select stripe_invoice_id as id, checkout_intent_id as intent from renewal where stripe_invoice_id = any($1::text[])',
    [invoices.map(({ id }) => id)],
  );
  return new Map(rows.map(({ id, intent }) => [id, intent]));
}

async function readMoves(query: Query, facts: NewFacts): Promise<MoveRow[]> {
  const known = await readRows<MoveRow>(query, 'subscription_move', {
    where: 'subscription_id = any($1::text[])',
    parameters: [[...facts.subscriptions.keys()]],
  });
  const isKnown = new Set(known.map((move) => move.event_id));
  return [...known, ...facts.moves.filter((move) => !isKnown.has(move.event_id))].toSorted(
    (a, b) => timeOf(a.occurred_at) - timeOf(b.occurred_at) || a.position - b.position,
  );
}

async function readRefused(query: Query, renewals: readonly RenewalRow[]): Promise<ReadonlySet<string>> {
  const rows = await query<{ pair: string }>(
    `select renewal_id || ':' || stripe_invoice_id as pair from refused_pair where renewal_id = any($1::bigint[])`,
    [renewals.map(({ id }) => id)],
  );
  return new Set(rows.map(({ pair }) => pair));
}
