import { preferIndexes, type Transaction } from '../database/transaction.js';
import type {
  IntentName,
  IntentRecord,
  InvoiceRecord,
  MoveRecord,
  RefusedPairRecord,
  RenewalRecord,
  SubscriptionRecord,
} from './records.js';
import { selectList, type Table, toRecords } from './rows.js';
import { intentTable, invoiceTable, moveTable, refusedPairTable, renewalTable, subscriptionTable } from './tables.js';

/** What a change touches: intents and subscriptions by id, and the intents that metadata names. */
export interface ScopeKeys {
  readonly intentIds?: readonly string[];
  readonly subscriptionIds?: readonly string[];
  readonly invoiceIds?: readonly string[];
  readonly names?: readonly IntentName[];
}

/** Whole checkout intents, locked, and read afresh after locking. */
export interface Scope {
  readonly intents: readonly IntentRecord[];
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly moves: readonly MoveRecord[];
  readonly invoices: readonly InvoiceRecord[];
  readonly renewals: readonly RenewalRecord[];
  readonly refusedPairs: readonly RefusedPairRecord[];
}

const ATTEMPTS = 10;

/** Ids first: where a plan is kept for any keys, an `or` over two indexes would walk through a whole one. */
const OF_INTENTS = `id = any(array(
  select unnest($1::text[]) union select id from subscription where checkout_intent_id = any($2::bigint[])))`;

/**
 * Locks every checkout intent that the keys belong to, then all their subscriptions, each ascending by id; a subscription's row is made
 * where there is none. The subscriptions can lead to more intents (two that name one subscription), and owners can change between
 * looking and locking: then it lets go (a savepoint) and locks those too.
 */
export async function lockScope(tx: Transaction, keys: ScopeKeys): Promise<Scope> {
  let [, , , intentIds] = await Promise.all([
    preferIndexes(tx), // also for others: a connection keeps the plans of whoever came first
    tx.query('lock table fact_gate in row exclusive mode'), // weak, and shared by all that settle
    tx.query('savepoint scope'),
    findIntentIds(tx, keys),
  ]);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const { scope, owners } = await tryLock(tx, keys, intentIds);
    if (scope !== null) return scope;
    await tx.query('rollback to savepoint scope');
    intentIds = owners;
  }
  throw new Error('The owners of these subscriptions changed again and again while they were being locked.');
}

/**
 * Waits for whoever is settling, and keeps newcomers out until this transaction ends: facts on their way are then seen here, and what is
 * written here is seen by those that come. For what no row lock can stand for, because the row is not there yet. Call it before anything
 * is locked. The gate is a table of its own and empty, because on a used one the lock would wait for autovacuum.
 */
export async function closeFactGate(tx: Transaction): Promise<void> {
  await tx.query('lock table fact_gate in share row exclusive mode');
}

/** Without a scope where a subscription belongs to an intent that was not locked. */
async function tryLock(
  tx: Transaction,
  keys: ScopeKeys,
  intentIds: readonly string[],
): Promise<{ scope: Scope | null; owners: string[] }> {
  const [intents, subscriptions] = await Promise.all([
    lockIntents(tx, intentIds),
    lockSubscriptions(tx, keys.subscriptionIds ?? [], intentIds),
  ]);
  const subscriptionIds = subscriptions.map(({ id }) => id);
  const [owners, records] = await Promise.all([
    findIntentIds(tx, { ...keys, intentIds, subscriptionIds }),
    readRecords(tx, { intentIds, subscriptionIds, invoiceIds: keys.invoiceIds ?? [] }),
  ]);
  const locked = new Set(intentIds);
  if (!owners.every((id) => locked.has(id))) return { scope: null, owners };
  return { scope: { intents, subscriptions, ...records }, owners };
}

/** The same without a lock, for a look that changes nothing. */
export async function readScope(tx: Transaction, keys: ScopeKeys): Promise<Scope> {
  const [, intentIds] = await Promise.all([preferIndexes(tx), findIntentIds(tx, keys)]);
  const [intents, subscriptions] = await Promise.all([
    read(tx, intentTable, { where: 'id = any($1::bigint[])', parameters: [intentIds] }),
    read(tx, subscriptionTable, { where: OF_INTENTS, parameters: [keys.subscriptionIds ?? [], intentIds] }),
  ]);
  const subscriptionIds = subscriptions.map(({ id }) => id);
  return {
    intents,
    subscriptions,
    ...(await readRecords(tx, { intentIds, subscriptionIds, invoiceIds: keys.invoiceIds ?? [] })),
  };
}

async function findIntentIds(tx: Transaction, keys: ScopeKeys): Promise<string[]> {
  const names = keys.names ?? [];
  const ids = [...(keys.intentIds ?? []), ...names.flatMap((name) => name.namedIntentId ?? [])];
  const uuids = names.flatMap((name) => name.namedIntentUuid ?? []);
  const rows = await tx.query<{ id: string }>(
    `select id from checkout_intent where id = any($1::bigint[])
     union select id from checkout_intent where uuid = any($2::uuid[])
     union select checkout_intent_id from subscription where id = any($3::text[]) and checkout_intent_id is not null
     union select id from checkout_intent where uuid = any(array(select named_intent_uuid from subscription where id = any($3::text[])))
     union select id from checkout_intent where id = any(array(select named_intent_id from subscription where id = any($3::text[])))
     union select checkout_intent_id from renewal where given_stripe_subscription_id = any($3::text[])
     union select checkout_intent_id from renewal where stripe_invoice_id = any($4::text[])`,
    [ids, uuids, keys.subscriptionIds ?? [], keys.invoiceIds ?? []],
  );
  return rows.map(({ id }) => id);
}

async function lockIntents(tx: Transaction, ids: readonly string[]): Promise<IntentRecord[]> {
  return read(tx, intentTable, { where: 'id = any($1::bigint[]) order by id for no key update', parameters: [ids] });
}

async function lockSubscriptions(
  tx: Transaction,
  ids: readonly string[],
  intentIds: readonly string[],
): Promise<SubscriptionRecord[]> {
  const lock = () =>
    read(tx, subscriptionTable, {
      where: `${OF_INTENTS} order by id for no key update`,
      parameters: [ids, intentIds],
    });
  const found = await lock();
  const known = new Set(found.map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length === 0) return found;
  const insert = `insert into subscription (id) select id from unnest($1::text[]) v(id) order by id on conflict (id) do nothing`;
  const [, all] = await Promise.all([tx.query(insert, [missing]), lock()]);
  return all;
}

async function readRecords(
  tx: Transaction,
  ids: { intentIds: readonly string[]; subscriptionIds: readonly string[]; invoiceIds: readonly string[] },
): Promise<Omit<Scope, 'intents' | 'subscriptions'>> {
  const ofIntents = 'checkout_intent_id = any($1::bigint[])';
  const [renewals, refusedPairs, invoices, moves] = await Promise.all([
    read(tx, renewalTable, { where: `${ofIntents} order by id`, parameters: [ids.intentIds] }),
    read(tx, refusedPairTable, {
      where: `renewal_id = any(array(select id from renewal where ${ofIntents}))`,
      parameters: [ids.intentIds],
    }),
    read(tx, invoiceTable, {
      where: `id = any(array(
                select id from invoice where stripe_subscription_id = any($2::text[]) union select unnest($3::text[])
                union select stripe_invoice_id from renewal where ${ofIntents})) order by created_at, id`,
      parameters: [ids.intentIds, ids.subscriptionIds, ids.invoiceIds],
    }),
    read(tx, moveTable, {
      where: 'subscription_id = any($1::text[]) order by occurred_at nulls first, position',
      parameters: [ids.subscriptionIds],
    }),
  ]);
  return { renewals, refusedPairs, invoices, moves };
}

interface Condition {
  readonly where: string;
  readonly parameters: readonly unknown[];
}

async function read<T>(tx: Transaction, table: Table<T>, { where, parameters }: Condition): Promise<T[]> {
  return toRecords(table, await tx.query(`select ${selectList(table)} from ${table.name} where ${where}`, parameters));
}
