import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { HandlerMap } from '@renewal-ledger/sdk';
import type { Clock } from '../clock.js';
import { commitBehind, preferIndexes, type Transaction } from '../database/transaction.js';
import { LinkedBy } from '../entities/states.js';
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
import { advance, lockRunning, type Run } from './runs.js';

export interface LinkOptions {
  readonly em: EntityManager;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly factHandlers: HandlerMap;
  readonly log: Logger;
}

/** The next intents of a run, as it stands before them. */
export interface LinkBatch {
  readonly run: Run;
  readonly intentIds: readonly string[];
  /** Whether the batch before this one was committed, as soon as that is known. */
  readonly turn: Promise<boolean>;
}

/** The run has not come to where this batch was begun: somebody else goes on with it, or a neighbour reached into it. */
export class OvertakenError extends Error {}

/** Their facts would take too much memory at once. */
export class TooManyEventsError extends Error {
  constructor(readonly events: number) {
    super(`${events} events at once are too many.`);
  }
}

/** So many events are read in one batch, where it is of several intents. */
export const MOST_EVENTS = 600;

/**
 * Fills one batch in the transaction given, and answers how many events were read for it, and which intents are filled ahead of their
 * turn. It may be begun while the batch before it is at work, and waits for that before it writes its progress: it is committed
 * only where the run stands as this batch was told.
 */
export async function linkBatch(
  tx: Transaction,
  options: LinkOptions,
  batch: LinkBatch,
): Promise<{ readonly events: number; readonly ahead: readonly string[] }> {
  const { run, intentIds } = batch;
  await Promise.all([preferIndexes(tx), commitBehind(tx)]);
  await tx.query(`set local max_parallel_workers_per_gather to 0`);
  if (run.dryRun) await tx.query('savepoint dry_run');
  const { events, reached, ...results } = await fill(tx, options, batch);
  if (run.dryRun) await tx.query('rollback to savepoint dry_run');
  await turnOf(batch);
  const now = await lockRunning(tx, run.id);
  if (now === null || now.cursor !== run.cursor || hasMet(reached, { was: run.ahead, is: now.ahead }))
    throw new OvertakenError('The backfill went on, or was canceled, meanwhile.');
  await advance(tx, run.id, { ...results, cursor: intentIds.at(-1) ?? '0' });
  return { events, ahead: [...now.ahead, ...results.ahead] };
}

/** True where the batch before has just filled an intent that this one fills. */
function hasMet(
  reached: readonly string[],
  ahead: { readonly was: readonly string[]; readonly is: readonly string[] },
): boolean {
  const was = new Set(ahead.was);
  const filled = new Set(ahead.is.filter((id) => !was.has(id)));
  return reached.some((id) => filled.has(id));
}

/** The batch before may want a row that this one holds, which the database cannot know: then this one lets go. */
const PATIENCE_MS = 3000;

async function turnOf({ turn }: LinkBatch): Promise<void> {
  const patience = new AbortController();
  const late = pause(PATIENCE_MS, false, { signal: patience.signal }).catch(() => false);
  const isTurn = await Promise.race([turn, late]);
  patience.abort();
  if (!isTurn) throw new OvertakenError('The batch before has failed, or takes too long.');
}

async function fill(
  tx: Transaction,
  options: LinkOptions,
  { run, intentIds }: LinkBatch,
): Promise<
  Results & { readonly ahead: readonly string[]; readonly reached: readonly string[]; readonly events: number }
> {
  const { announcer, clock } = options;
  const author = { by: `backfill:${run.id}`, reason: run.kind };
  const subscriptionIds = await findStraySubscriptions(tx, intentIds);
  const first = await lockScope(tx, { intentIds, subscriptionIds });
  const ids = await findEventsWithoutFacts(tx, first);
  if (ids.length > MOST_EVENTS && intentIds.length > 1) throw new TooManyEventsError(ids.length);
  const { read, failures } = await readEventFacts(tx, ids, options);
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
    reached: before.intents.map(({ id }) => id),
    events: ids.length,
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
