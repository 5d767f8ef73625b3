import { inTransaction } from '../database/transaction.js';
import { BackfillKind, BackfillState } from '../entities/states.js';
import type { Jobs, Query } from '../events/jobs.js';
import { toLastError } from '../events/last-error.js';
import { QUEUE_DEFAULTS } from '../events/queues.js';
import type { Schedule } from '../events/schedules.js';
import type { LinkOptions } from './link-batch.js';
import { runRenewalLinks } from './link-run.js';
import { readRun } from './runs.js';
import { runStripeEvents, type StripeEventsOptions } from './stripe-events.js';
import { runUndo } from './undo-run.js';

const BACKFILL_QUEUE = 'backfill';
const LONGEST_RUN_SECONDS = 24 * 3600;

/** Whoever sends or works needs the queue first. */
export async function openBackfillQueue({ boss }: Jobs): Promise<void> {
  await boss.createQueue(BACKFILL_QUEUE, { ...QUEUE_DEFAULTS, expireInSeconds: LONGEST_RUN_SECONDS });
}

/** Makes a worker take a run up, when the caller's transaction commits. */
export const sendBackfill =
  ({ boss }: Jobs) =>
  async (query: Query, id: string): Promise<void> => {
    const db = {
      executeSql: async (text: string, values?: unknown[]) => ({ rows: [...(await query(text, values))] }),
    };
    await boss.insert(BACKFILL_QUEUE, [{ data: { id } }], { db });
  };

export type BackfillWorkerOptions = LinkOptions & StripeEventsOptions & { readonly jobs: Jobs };

export interface BackfillWorker {
  start(): Promise<void>;
  /** Ends after the batch in hand; the run goes on in another process, or when this one is back. */
  stop(): Promise<void>;
  /** Takes up runs that stand still. */
  readonly schedule: Schedule;
}

export function createBackfillWorker(options: BackfillWorkerOptions): BackfillWorker {
  const { em, jobs } = options;
  const stopping = new AbortController();
  return {
    async start() {
      await openBackfillQueue(jobs);
      await jobs.boss.work<{ id: string }>(BACKFILL_QUEUE, { notifyPollingIntervalSeconds: 2 }, async ([job]) => {
        if (job !== undefined) await run(options, job.data.id, stopping.signal);
      });
    },
    async stop() {
      stopping.abort();
      await jobs.boss.offWork(BACKFILL_QUEUE, { wait: true });
    },
    schedule: {
      name: 'backfills',
      every: 1,
      run: () =>
        inTransaction(em, async (tx) => {
          const still = await tx.query<{ id: string }>(
            `select id from backfill where (state = 'RUNNING' or undo_cursor is not null) and progressed_at < now() - interval '1 minute'`,
          );
          for (const { id } of still) await sendBackfill(jobs)(tx.query, id);
        }),
    },
  };
}

/** What fails here is tried again: the queue brings the job back, and later the schedule. */
async function run(options: BackfillWorkerOptions, id: string, signal: AbortSignal): Promise<void> {
  const { em } = options;
  const found = await inTransaction(em, (tx) => readRun(tx, id));
  if (found === null) return;
  try {
    if (found.state !== BackfillState.RUNNING) await runUndo(options, id, () => !signal.aborted);
    else if (found.kind === BackfillKind.STRIPE_EVENTS) await runStripeEvents(options, id, signal);
    else await runRenewalLinks(options, id, signal);
  } catch (error) {
    if (!signal.aborted) await keepError(options, id, error);
    throw error;
  }
}

async function keepError({ em, log }: BackfillWorkerOptions, id: string, error: unknown): Promise<void> {
  log.warn({ backfill: id, because: toLastError(error) }, 'A backfill was interrupted; it goes on');
  await inTransaction(em, (tx) =>
    tx.query(`update backfill set last_error = $2 where id = $1::bigint and state = 'RUNNING'`, [
      id,
      toLastError(error),
    ]),
  );
}
