import type { Logger } from '../log.js';
import { type EventBatchDeps, type EventJob, failAlone, handleBatch } from './event-batch.js';
import { createLanes } from './lanes.js';
import { EVENT_QUEUE } from './queues.js';
import type { Jobs } from './jobs.js';
import { isDatabaseAway, isPassing } from './sql-errors.js';

const LANES = 4;
const FETCH = 400;
const BATCH = 250;
const PASSING_TRIES = 5;

/**
 * Takes the wake-ups of events. Two fetchers feed the same lanes, so that the next wake-ups are there when a lane is done; more
 * would only prefetch what another process could work on.
 */
export async function workOnEvents(deps: EventBatchDeps, jobs: Jobs): Promise<void> {
  const lanes = createLanes<EventJob>({
    count: LANES,
    batchSize: BATCH,
    laneOf: ({ lane }) => lane,
    run: (batch) => runBatch(deps, batch),
  });
  const options = {
    batchSize: FETCH,
    localConcurrency: 2,
    burstWhenBatchFull: true,
    notifyPollingIntervalSeconds: 2,
  } as const;
  await jobs.boss.work<{ id: string; lane: string }>(EVENT_QUEUE, options, (taken) =>
    lanes.push(taken.map(({ id: jobId, data: { id, lane } }) => ({ jobId, id, lane }))),
  );
}

/**
 * A batch that the database refuses is halved until the culprit stands alone: its fact handlers have then failed, and its neighbours are
 * handled. Throws only where nothing can be written at all; the jobs then come back.
 */
async function runBatch(deps: EventBatchDeps, batch: readonly EventJob[], passed = 0): Promise<void> {
  try {
    await handleBatch(deps, batch);
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    if (isPassing(error) && passed < PASSING_TRIES) return runBatch(deps, batch, passed + 1);
    tellOf(deps.log, batch, error);
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) return failAlone(deps, only, error);
    const middle = Math.ceil(batch.length / 2);
    await runBatch(deps, batch.slice(0, middle));
    await runBatch(deps, batch.slice(middle));
  }
}

function tellOf(log: Logger, batch: readonly EventJob[], error: unknown): void {
  if (batch.length === 1) log.error({ event: batch[0]?.id, err: error }, 'The facts of an event could not be written');
  else log.debug({ events: batch.length, err: error }, 'A batch of events failed and is halved');
}
