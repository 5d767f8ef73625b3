import type { Transaction } from '../database/transaction.js';
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

const OF_INTENTS = 'id = any($1::text[]) or checkout_intent_id = any($2::bigint[])';

/**
 * Locks every checkout intent that the keys belong to, then all their subscriptions, each ascending by id; a subscription's row is made
 * where there is none. The subscriptions can lead to more intents (two that name one subscription), and owners can change between
 * looking and locking: then it lets go (a savepoint) and locks those too.
 */
export async function lockScope(tx: Transaction, keys: ScopeKeys): Promise<Scope> {
  await tx.query('lock table fact_gate in row exclusive mode'); // weak, and shared by all that settle
  let intentIds = keys.intentIds ?? [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await tx.query('savepoint scope');
    const { scope, owners } = await tryLock(tx, { ...keys, intentIds });
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
async function tryLock(tx: Transaction, keys: ScopeKeys): Promise<{ scope: Scope | null; owners: string[] }> {
  const intentIds = await findIntentIds(tx, keys);
  const intents = intentIds.length === 0 ? [] : await lockIntents(tx, intentIds);
  const subscriptions = await lockSubscriptions(tx, keys.subscriptionIds ?? [], intentIds);
  const subscriptionIds = subscriptions.map(({ id }) => id);
  const owners = await findIntentIds(tx, { ...keys, subscriptionIds });
  if (owners.some((id) => !intentIds.includes(id))) return { scope: null, owners };
  const records = await readRecords(tx, { intentIds, subscriptionIds, invoiceIds: keys.invoiceIds ?? [] });
  return { scope: { intents, subscriptions, ...records }, owners };
}

/** The same without a lock, for a look that changes nothing. */
export async function readScope(tx: Transaction, keys: ScopeKeys): Promise<Scope> {
  const intentIds = await findIntentIds(tx, keys);
  const intents = await read(tx, intentTable, { where: 'id = any($1::bigint[])', parameters: [intentIds] });
  const subscriptions = await read(tx, subscriptionTable, {
    where: OF_INTENTS,
    parameters: [keys.subscriptionIds ?? [], intentIds],
  });
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
     union select i.id from subscription s join checkout_intent i on i.uuid = s.named_intent_uuid where s.id = any($3::text[])
     union select i.id from subscription s join checkout_intent i on i.id = s.named_intent_id where s.id = any($3::text[])
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
  const where = `${OF_INTENTS} order by id for no key update`;
  const found = await read(tx, subscriptionTable, { where: where, parameters: [ids, intentIds] });
  const known = new Set(found.map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length === 0) return found;
  await tx.query(
    'insert into subscription (id) select id from unnest($1::text[]) v(id) order by id on conflict (id) do nothing',
    [missing],
  );
  return read(tx, subscriptionTable, { where: where, parameters: [ids, intentIds] });
}

async function readRecords(
  tx: Transaction,
  ids: { intentIds: readonly string[]; subscriptionIds: readonly string[]; invoiceIds: readonly string[] },
): Promise<Omit<Scope, 'intents' | 'subscriptions'>> {
  const renewals = await read(tx, renewalTable, {
    where: 'checkout_intent_id = any($1::bigint[]) order by id',
    parameters: [ids.intentIds],
  });
  const refusedPairs =
    renewals.length === 0
      ? []
      : await read(tx, refusedPairTable, {
          where: 'renewal_id = any($1::bigint[])',
          parameters: [renewals.map(({ id }) => id)],
        });
  const ofSubscriptions = 'stripe_subscription_id = any($1::text[])';
  const ofLinks = [...ids.invoiceIds, ...renewals.flatMap(({ invoiceId }) => invoiceId ?? [])];
  const invoices = await read(tx, invoiceTable, {
    where: `${ofSubscriptions} or id = any($2::text[]) order by created_at, id`,
    parameters: [ids.subscriptionIds, ofLinks],
  });
  const moves = await read(tx, moveTable, {
    where: 'subscription_id = any($1::text[]) order by occurred_at nulls first, position',
    parameters: [ids.subscriptionIds],
  });
  return { renewals, refusedPairs, invoices, moves };
}

interface Condition {
  readonly where: string;
  readonly parameters: readonly unknown[];
}

async function read<T>(tx: Transaction, table: Table<T>, { where, parameters }: Condition): Promise<T[]> {
  return toRecords(table, await tx.query(`select ${selectList(table)} from ${table.name} where ${where}`, parameters));
}
