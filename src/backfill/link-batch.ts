import type { EntityManager } from '@mikro-orm/postgresql';
import type { HandlerMap } from '@renewal-ledger/sdk';
import type { Clock } from '../clock.js';
import { preferIndexes, type Transaction } from '../database/transaction.js';
import { BackfillState, LinkedBy } from '../entities/states.js';
import { toLastError } from '../events/last-error.js';
import type { Announcer } from '../ledger/announcer.js';
import { foldEvents, keysOfEvents } from '../ledger/fold-events.js';
import type { EventRead } from '../ledger/read-events.js';
import type { RenewalRecord } from '../ledger/records.js';
import { lockScope, type Scope, type ScopeKeys } from '../ledger/scope.js';
import { groupsOf, settleScope } from '../ledger/settle-scope.js';
import { settle } from '../ledger/settle.js';
import type { Logger } from '../log.js';
import { type Dates, findDates, NO_DATES, type RefusedDates } from './fill-dates.js';
import { findEventsWithoutFacts, readEventFacts } from './missing-facts.js';
import { type BackfillRecordRow, type Results, tellResults } from './results.js';
import { advance, finish, lockRunning, type Run, setTotal } from './runs.js';

export interface LinkOptions {
  readonly em: EntityManager;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly factHandlers: HandlerMap;
  readonly log: Logger;
}

const LACKING = `(effective_date is null or stripe_invoice_id is null) and ($1::bigint is null or checkout_intent_id = $1::bigint)`;

/** One batch of a run, by checkout intents in order of their ids, in the transaction given. False when there is nothing left to do. */
export async function linkBatch(
  tx: Transaction,
  options: LinkOptions,
  { id, size }: { readonly id: string; readonly size: number },
): Promise<boolean> {
  await preferIndexes(tx);
  await tx.query(`set local max_parallel_workers_per_gather to 0`);
  const run = await lockRunning(tx, id);
  if (run === null) return false;
  if (run.total === null) await setTotal(tx, id, await countLacking(tx, run));
  const intentIds = await nextIntents(tx, run, size);
  const cursor = intentIds.at(-1);
  if (cursor === undefined) {
    await finish(tx, id, { state: BackfillState.DONE });
    return false;
  }
  if (run.dryRun) await tx.query('savepoint dry_run');
  const results = await fill(tx, options, { run, intentIds });
  if (run.dryRun) await tx.query('rollback to savepoint dry_run');
  await advance(tx, id, { ...results, cursor });
  return true;
}

/** Passes over the next intent, whose batch of one failed: its renewals are told as failed. */
export async function passOver(tx: Transaction, id: string, error: unknown): Promise<void> {
  const run = await lockRunning(tx, id);
  const [intentId] = run === null ? [] : await nextIntents(tx, run, 1);
  if (run === null || intentId === undefined) return;
  const renewals = await tx.query<{ id: string }>(
    `select id from renewal where ${LACKING} and checkout_intent_id = $2::bigint order by id`,
    [run.checkoutIntentId, intentId],
  );
  const reason = toLastError(error);
  const records = renewals.map((renewal) => ({ recordId: renewal.id, changes: null, code: 'FAILED', reason }));
  await advance(tx, id, {
    counts: { examined: renewals.length, failed: renewals.length },
    records,
    cursor: intentId,
  });
}

async function countLacking(tx: Transaction, { checkoutIntentId }: Run): Promise<number> {
  const [row] = await tx.query<{ count: string }>(`select count(*) as count from renewal where ${LACKING}`, [
    checkoutIntentId,
  ]);
  return Number(row?.count ?? 0);
}

async function nextIntents(tx: Transaction, { checkoutIntentId, cursor, ahead }: Run, size: number): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select distinct checkout_intent_id as id from renewal
     where ${LACKING} and checkout_intent_id > $2::bigint and checkout_intent_id <> all($4::bigint[]) order by 1 limit $3`,
    [checkoutIntentId, cursor ?? '0', size, ahead],
  );
  return rows.map(({ id }) => id);
}

async function fill(
  tx: Transaction,
  options: LinkOptions,
  { run, intentIds }: { readonly run: Run; readonly intentIds: readonly string[] },
): Promise<Results & { readonly ahead: readonly string[] }> {
  const { announcer, clock } = options;
  const author = { by: `backfill:${run.id}`, reason: run.kind };
  const subscriptionIds = await findStraySubscriptions(tx, intentIds);
  const first = await lockScope(tx, { intentIds, subscriptionIds });
  const { read, failures } = await readEventFacts(tx, await findEventsWithoutFacts(tx, first), options);
  const before = read.length === 0 ? first : await lockScope(tx, keysOf(first, read));
  const change = await foldEvents(tx, before, read);
  const { next, dates } = dated(change.next, await readRefusedDates(tx, before));
  const settlements = await settleScope(
    tx,
    { ...change, next },
    { announcer, announce: run.announce, linkAs: LinkedBy.BACKFILL, now: clock.now(), authorOf: () => author },
  );
  const ahead = intentsAhead(run, intentIds, before);
  const told = tellResults({
    before: before.renewals,
    settlements,
    dates,
    turn: new Set([...intentIds, ...ahead]),
    tellsOthers: !run.dryRun,
    now: clock.now(),
  });
  return {
    counts: { ...told.counts, failed: failures.size },
    records: [...told.records, ...[...failures].map(toProblem)],
    ahead,
  };
}

/** The scope with whom the events name beside it: a customer may have several intents. */
function keysOf({ intents, subscriptions }: Scope, read: readonly EventRead[]): ScopeKeys {
  const keys = keysOfEvents(read);
  return {
    ...keys,
    intentIds: intents.map(({ id }) => id),
    subscriptionIds: [...new Set([...subscriptions.map(({ id }) => id), ...keys.subscriptionIds])],
  };
}

/** Intents that hang together with the batch's and whose turn would come later: they are filled, and told, together with it. */
function intentsAhead(run: Run, intentIds: readonly string[], { intents }: Scope): string[] {
  if (run.checkoutIntentId !== null) return [];
  const last = BigInt(intentIds.at(-1) ?? 0);
  const known = new Set([...intentIds, ...run.ahead]);
  return intents.flatMap(({ id }) => (BigInt(id) > last && !known.has(id) ? [id] : []));
}

/** Subscriptions that a renewal or its own metadata gives to one of these intents, and whose row does not say so: an older system's. */
async function findStraySubscriptions(tx: Transaction, intentIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select s.id from renewal r join subscription s on s.id = r.given_stripe_subscription_id
     where r.checkout_intent_id = any($1::bigint[]) and s.checkout_intent_id is distinct from r.checkout_intent_id
     union select s.id from checkout_intent i join subscription s on s.named_intent_uuid = i.uuid
     where i.id = any($1::bigint[]) and s.checkout_intent_id is null
     union select s.id from subscription s where s.named_intent_id = any($1::bigint[]) and s.checkout_intent_id is null`,
    [intentIds],
  );
  return rows.map(({ id }) => id);
}

/** The scope with the dates that can be found written into its renewals. */
function dated(scope: Scope, refused: RefusedDates): { next: Scope; dates: Dates } {
  if (scope.renewals.every(hasDate)) return { next: scope, dates: NO_DATES };
  const groups = groupsOf(scope).filter(({ renewals }) => !renewals.every(hasDate));
  const all = groups.map((group) => findDates(settle(group, LinkedBy.BACKFILL), refused));
  const found = new Map(all.flatMap((dates) => [...dates.found]));
  const renewals = scope.renewals.map((renewal) => {
    const date = found.get(renewal.id);
    if (date === undefined) return renewal;
    return { ...renewal, givenDate: date.givenDate, isDateFixed: date.isDateFixed };
  });
  const problems = new Map(all.flatMap((dates) => [...dates.problems]));
  return { next: { ...scope, renewals }, dates: { found, problems } };
}

const hasDate = ({ effectiveDate }: RenewalRecord): boolean => effectiveDate !== null;

/** Dates that were taken from these renewals, by a person or by undoing a backfill. */
async function readRefusedDates(tx: Transaction, { renewals }: Scope): Promise<RefusedDates> {
  const dateless = renewals.filter((renewal) => !hasDate(renewal));
  if (dateless.length === 0) return new Map();
  const rows = await tx.query<{ id: string; date: string }>(
    `select renewal_id as id, changes -> 'givenDate' ->> 0 as date from renewal_change
     where renewal_id = any($1::bigint[]) and changes -> 'givenDate' -> 1 = 'null' and changes -> 'givenDate' ->> 0 is not null`,
    [dateless.map(({ id }) => id)],
  );
  const byRenewal = Map.groupBy(rows, ({ id }) => id);
  return new Map([...byRenewal].map(([id, dates]) => [id, dates.map(({ date }) => Date.parse(date))]));
}

function toProblem([eventId, error]: [string, unknown]): BackfillRecordRow {
  return { recordId: eventId, changes: null, code: 'UNREADABLE', reason: toLastError(error) };
}
