import { inTransaction } from '../database/transaction.js';
import { isDatabaseAway, isPassing } from '../database/sql-errors.js';
import { runCommand } from '../ledger/commands/context.js';
import {
  type LinkBatch,
  linkBatch,
  type LinkOptions,
  MOST_EVENTS,
  OvertakenError,
  TooManyEventsError,
} from './link-batch.js';
import { beginRun, endRun, nextIntents, passOver } from './link-plan.js';
import type { Run } from './runs.js';

const LARGEST_BATCH = 400;
/** After two batches were in each other's way, so many are done one after the other. */
const ALONE = 20;

interface Pace {
  /** Intents a batch. */
  size: number;
  /** Batches still to be done one after the other. */
  alone: number;
}

/**
 * Runs a backfill of links and dates from where it stands to its end, batch by batch, each a transaction. While one is at work the next
 * is begun, so that PostgreSQL need not wait for this process, nor this process for PostgreSQL; they are committed in their order. A
 * batch that fails by its rows is halved, until the culprit stands alone and is passed over. Throws where the database does, and
 * when `signal` says so.
 */
export async function runRenewalLinks(options: LinkOptions, id: string, signal: AbortSignal): Promise<void> {
  const context = { ...options, by: `backfill:${id}` };
  const pace: Pace = { size: LARGEST_BATCH, alone: 0 };
  for (;;) {
    const run = await runCommand(context, (tx) => beginRun(tx, id));
    if (run === null) return;
    const failed = await runBatches(options, run, { pace, signal });
    signal.throwIfAborted();
    if (failed !== null) await answer(options, failed, pace);
    else if (await runCommand(context, (tx) => endRun(tx, id))) return;
  }
}

interface Failure {
  readonly batch: LinkBatch;
  readonly error: unknown;
}

type Done = { readonly failure: null; readonly ahead: readonly string[] } | { readonly failure: Failure };

/** Null where no intents were left, or it was told to stop: then all that was begun is committed. */
async function runBatches(
  options: LinkOptions,
  from: Run,
  { pace, signal }: { readonly pace: Pace; readonly signal: AbortSignal },
): Promise<Failure | null> {
  let run = from;
  let last: Promise<Done> = Promise.resolve({ failure: null, ahead: run.ahead });
  try {
    while (!signal.aborted) {
      const { size } = pace;
      const intentIds = await inTransaction(options.em, (tx) => nextIntents(tx, run, size));
      if (intentIds.length === 0) break;
      const before = last;
      last = work(options, { run, intentIds, turn: before.then(({ failure }) => failure === null) }, pace);
      const done = await before;
      if (done.failure !== null) return done.failure;
      if (pace.alone > 0) break;
      run = { ...run, cursor: intentIds.at(-1) ?? run.cursor, ahead: done.ahead };
    }
  } finally {
    await last;
  }
  if (pace.alone > 0) pace.alone -= 1;
  return (await last).failure;
}

async function work(options: LinkOptions, batch: LinkBatch, pace: Pace): Promise<Done> {
  const { length } = batch.intentIds;
  try {
    const context = { ...options, by: `backfill:${batch.run.id}` };
    const { events, ahead } = await runCommand(context, (tx) => linkBatch(tx, options, batch));
    pace.size = Math.max(1, Math.min(LARGEST_BATCH, length * 2, Math.floor((length * MOST_EVENTS) / (events + 1))));
    return { failure: null, ahead };
  } catch (error) {
    return { failure: { batch, error } };
  }
}

async function answer(options: LinkOptions, { batch, error }: Failure, pace: Pace): Promise<void> {
  const { run, intentIds } = batch;
  if (isPassing(error) || isDatabaseAway(error)) throw error;
  if (error instanceof OvertakenError) pace.alone = ALONE;
  else if (error instanceof TooManyEventsError)
    pace.size = Math.max(1, Math.floor((intentIds.length * MOST_EVENTS) / error.events));
  else if (intentIds.length > 1) pace.size = Math.floor(intentIds.length / 2);
  else await runCommand({ ...options, by: `backfill:${run.id}` }, (tx) => passOver(tx, run.id, error));
}
