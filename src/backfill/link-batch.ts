import type { EntityManager } from '@mikro-orm/postgresql';
import type { HandlerMap } from '@renewal-ledger/sdk';
import type { Clock } from '../clock.js';
import type { Transaction } from '../database/transaction.js';
import { BackfillState, LinkedBy } from '../entities/states.js';
import { toLastError } from '../events/last-error.js';
import type { Announcer } from '../ledger/announcer.js';
import { createFactRecorder } from '../ledger/record-facts.js';
import { lockScope, type Scope } from '../ledger/scope.js';
import { groupsOf, settleScope } from '../ledger/settle-scope.js';
import { settle } from '../ledger/settle.js';
import type { Logger } from '../log.js';
import { type Dates, findDates } from './fill-dates.js';
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

async function nextIntents(tx: Transaction, { checkoutIntentId, cursor }: Run, size: number): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select distinct checkout_intent_id as id from renewal
     where ${LACKING} and checkout_intent_id > $2::bigint order by 1 limit $3`,
    [checkoutIntentId, cursor ?? '0', size],
  );
  return rows.map(({ id }) => id);
}

async function fill(
  tx: Transaction,
  options: LinkOptions,
  { run, intentIds }: { readonly run: Run; readonly intentIds: readonly string[] },
): Promise<Results> {
  const { announcer, clock } = options;
  const author = { by: `backfill:${run.id}`, reason: run.kind };
  const linkAs = LinkedBy.BACKFILL;
  const first = await lockScope(tx, { intentIds });
  const { read, failures } = await readEventFacts(
    await findEventsWithoutFacts(tx, first),
    options.factHandlers,
    options.log,
  );
  const record = createFactRecorder({ announcer, clock, announce: run.announce, linkAs, author });
  const outcomes = await record(tx, read);
  const before = read.length === 0 ? first : await lockScope(tx, { intentIds });
  const { next, dates } = dated(before);
  const settlements = await settleScope(
    tx,
    { before, next },
    { announcer, now: clock.now(), announce: run.announce, linkAs, authorOf: () => author },
  );
  const told = tellResults({ before: first.renewals, settlements, dates, intentIds, now: clock.now() });
  const failed = new Map(failures);
  for (const [eventId, outcome] of outcomes) if (outcome.state === 'FAILED') failed.set(eventId, outcome.error);
  return {
    counts: { ...told.counts, failed: failed.size },
    records: [...told.records, ...[...failed].map(toProblem)],
  };
}

/** The scope with the dates that can be found written into its renewals. */
function dated(scope: Scope): { next: Scope; dates: Dates[] } {
  const dates = groupsOf(scope).map((group) => findDates(settle(group, LinkedBy.BACKFILL)));
  const found = new Map(dates.flatMap((all) => [...all.found]));
  const renewals = scope.renewals.map((renewal) => {
    const date = found.get(renewal.id);
    if (date === undefined) return renewal;
    return { ...renewal, givenDate: date.givenDate, isDateFixed: date.isDateFixed };
  });
  return { next: { ...scope, renewals }, dates };
}

function toProblem([eventId, error]: [string, unknown]): BackfillRecordRow {
  return { recordId: eventId, changes: null, code: 'UNREADABLE', reason: toLastError(error) };
}
