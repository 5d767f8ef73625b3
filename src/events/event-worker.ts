import type { Logger } from '../log.js';
import { type EventBatchDeps, failAlone, handleBatch } from './event-batch.js';
import { createGiveWay } from './give-way.js';
import { createLanes } from './lanes.js';
import { EVENT_QUEUE } from './queues.js';
import type { EventJobData, Jobs, WakeUp } from './jobs.js';
import { isDatabaseAway, isPassing } from '../database/sql-errors.js';

const LANES = 2;
const FETCH = 100;
const BATCH = 250;
const PASSING_TRIES = 5;

export interface EventWorkerDeps extends EventBatchDeps {
  /** True while many posts wait to be stored by this process. */
  readonly isPressed?: () => boolean;
}

/**
 * Takes the wake-ups of events. A job goes when all its events are handled; one that comes back, because its worker died, finds nothing
 * left to do for those that were. Two fetchers feed the same lanes, so that the next wake-ups are there when a lane is done; more
 * would only prefetch what another process could work on.
 */
export async function workOnEvents(deps: EventWorkerDeps, jobs: Jobs): Promise<void> {
  const lanes = createLanes<WakeUp>({
    count: LANES,
    batchSize: BATCH,
    laneOf: ({ lane }) => lane,
    untilReady: createGiveWay(deps.isPressed),
    run: (batch) => runBatch(deps, batch),
  });
  const options = {
    batchSize: FETCH,
    localConcurrency: 2,
    burstWhenBatchFull: true,
    notifyPollingIntervalSeconds: 2,
  } as const;
  await jobs.boss.work<EventJobData>(EVENT_QUEUE, options, async (taken) => {
    await lanes.push(taken.flatMap(({ data }) => data.events));
    await jobs.finish(
      jobs.query,
      EVENT_QUEUE,
      taken.map(({ id }) => id),
    );
  });
}

/**
 * A batch that the database refuses is halved until the culprit stands alone: its fact handlers have then failed, and its neighbours are
 * handled. Throws only where nothing can be written at all; the jobs then come back.
 */
async function runBatch(deps: EventBatchDeps, batch: readonly WakeUp[], passed = 0): Promise<void> {
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

function tellOf(log: Logger, batch: readonly WakeUp[], error: unknown): void {
  if (batch.length === 1) log.error({ event: batch[0]?.id, err: error }, 'The facts of an event could not be written');
  else log.debug({ events: batch.length, err: error }, 'A batch of events failed and is halved');
}
