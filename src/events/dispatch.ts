import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { type Raise } from './delivery-run.js';
import { createDeliveryWorkers } from './delivery-worker.js';
import { workOnEvents } from './event-worker.js';
import type { RecordFacts } from './fact-recorder.js';
import { ENDPOINT_PREFIX } from './endpoints/endpoint-source.js';
import { followHandlers } from './follow-handlers.js';
import { type ChangingSource, type HandlerSource, mergeSources } from './handler-source.js';
import type { Jobs } from './jobs.js';
import { deliveryQueueOf, EVENT_QUEUE, SCHEDULE_PREFIX, SIGNAL_QUEUE } from './queues.js';
import { type Schedule, workOnSchedules } from './schedules.js';
import { workOnSignals } from './signals.js';
import { sweep } from './sweep.js';

export interface DispatcherDeps {
  /** Of the workers' own ORM, whose pool has room for four lanes and the handlers' marks. */
  readonly em: EntityManager;
  readonly jobs: Jobs;
  /** The built-in readers of facts; they run in batches. */
  readonly factHandlers: HandlerSource;
  /** All others; each of their deliveries runs alone. */
  readonly handlers: HandlerSource;
  /** Like `handlers`, and they may come and go. */
  readonly endpoints?: ChangingSource;
  readonly recordFacts: RecordFacts;
  readonly raise: Raise;
  readonly schedules?: readonly Schedule[];
  /** True while posts wait to be stored by this process: events that are stored then give way. */
  readonly isPressed?: () => boolean;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Gets stored events to their handlers. */
export interface Dispatcher {
  start(): Promise<void>;
  /** Takes no more jobs, lets those in hand finish for some seconds, then aborts them: their deliveries go to another worker. */
  stop(): Promise<void>;
  /** The names of all handlers but the built-in readers of facts; endpoints come and go. */
  handlers(): readonly string[];
  /** What the schedule does every minute. */
  sweep(): Promise<void>;
  /** Resolves when no job of these handlers is due or in hand, in any process; what is to be tried again later does not count. */
  idle(options?: { readonly withinMs?: number }): Promise<void>;
}

/** Shorter than what the process gives the whole service to stop: what is aborted then has to be given back yet. */
const GRACE_MS = 3_000;

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { jobs, log, endpoints, schedules = [] } = deps;
  const stopping = new AbortController();
  const factNames = new Set(deps.factHandlers.handlers().map(({ name }) => name));
  const handlers = endpoints === undefined ? deps.handlers : mergeSources(deps.handlers, endpoints);
  const workers = createDeliveryWorkers({ ...deps, stopping: stopping.signal }, jobs);
  const queues = () => [EVENT_QUEUE, SIGNAL_QUEUE, ...workers.handlers().map(deliveryQueueOf)];
  const following = endpoints === undefined ? undefined : followHandlers({ source: endpoints, workers, log });
  const all: Schedule[] = [{ name: 'sweep', every: 1, run: () => sweep({ ...deps, factNames }) }, ...schedules];

  return {
    async start() {
      assertApart(factNames, deps.handlers);
      for (const handler of deps.handlers.handlers()) await workers.start(handler);
      await following?.start();
      await workOnSignals({ ...deps, factNames });
      await workOnEvents({ ...deps, handlers }, jobs);
      await workOnSchedules(jobs, all, log);
      await sweep({ ...deps, factNames }, 0);
    },
    async stop() {
      await following?.stop();
      const grace = setTimeout(() => stopping.abort(), GRACE_MS);
      for (const { name } of all) await jobs.boss.offWork(SCHEDULE_PREFIX + name, { wait: false });
      const done = Promise.all(queues().map((queue) => jobs.boss.offWork(queue, { wait: true })));
      await Promise.race([done, pause(2 * GRACE_MS, undefined, { ref: false })]);
      clearTimeout(grace);
    },
    handlers: () => [...new Set(handlers.handlers().map(({ name }) => name))],
    sweep: () => sweep({ ...deps, factNames }),
    async idle({ withinMs = 10_000 } = {}) {
      const deadline = performance.now() + withinMs;
      while (await hasWork(jobs, queues())) {
        if (performance.now() > deadline) throw new Error(`There was still work after ${withinMs} ms.`);
        await pause(10);
      }
    },
  };
}

async function hasWork(jobs: Jobs, queues: readonly string[]): Promise<boolean> {
  const { rows } = await jobs.boss
    .getDb()
    .executeSql(
      `select 1 from pgboss.job where name = any($1) and (state = 'active' or (state < 'active' and start_after <= now())) limit 1`,
      [queues],
    );
  return rows.length > 0;
}

/** One name for two handlers would be one delivery for both. */
function assertApart(factNames: ReadonlySet<string>, handlers: HandlerSource): void {
  const twice = handlers.handlers().find(({ name }) => factNames.has(name) || name.startsWith(ENDPOINT_PREFIX));
  if (twice !== undefined)
    throw new Error(
      `The name ${twice.name} is a built-in handler's, or kept for endpoints; give this one another name.`,
    );
}
