import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { type Raise } from './delivery-run.js';
import { workOnDeliveries } from './delivery-worker.js';
import { workOnEvents } from './event-worker.js';
import type { RecordFacts } from './fact-recorder.js';
import type { HandlerSource } from './handler-source.js';
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
  readonly recordFacts: RecordFacts;
  readonly raise: Raise;
  readonly schedules?: readonly Schedule[];
  readonly log: Logger;
  readonly clock: Clock;
}

/** Gets stored events to their handlers. */
export interface Dispatcher {
  start(): Promise<void>;
  /** Takes no more jobs, lets those in hand finish for some seconds, then aborts them: their deliveries go to another worker. */
  stop(): Promise<void>;
  /** What the schedule does every minute. */
  sweep(): Promise<void>;
  /** Resolves when no job of these handlers is due or in hand, in any process; what is to be tried again later does not count. */
  idle(options?: { readonly withinMs?: number }): Promise<void>;
}

const GRACE_MS = 5_000;

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { jobs, log, handlers, schedules = [] } = deps;
  const stopping = new AbortController();
  const factNames = new Set(deps.factHandlers.handlers().map(({ name }) => name));
  const queues = [EVENT_QUEUE, SIGNAL_QUEUE, ...new Set(handlers.handlers().map(({ name }) => deliveryQueueOf(name)))];
  const all: Schedule[] = [{ name: 'sweep', every: 1, run: () => sweep({ ...deps, factNames }) }, ...schedules];

  return {
    async start() {
      assertApart(factNames, handlers);
      await workOnDeliveries({ ...deps, stopping: stopping.signal }, handlers, jobs);
      await workOnSignals({ ...deps, factNames });
      await workOnEvents(deps, jobs);
      await workOnSchedules(jobs, all, log);
    },
    async stop() {
      const grace = setTimeout(() => stopping.abort(), GRACE_MS);
      for (const { name } of all) await jobs.boss.offWork(SCHEDULE_PREFIX + name, { wait: false });
      const done = Promise.all(queues.map((queue) => jobs.boss.offWork(queue, { wait: true })));
      await Promise.race([done, pause(2 * GRACE_MS, undefined, { ref: false })]);
      clearTimeout(grace);
    },
    sweep: () => sweep({ ...deps, factNames }),
    async idle({ withinMs = 10_000 } = {}) {
      const deadline = performance.now() + withinMs;
      while (await hasWork(jobs, queues)) {
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

/** A name in both maps would be one delivery for two handlers. */
function assertApart(factNames: ReadonlySet<string>, handlers: HandlerSource): void {
  const twice = handlers.handlers().find(({ name }) => factNames.has(name));
  if (twice !== undefined)
    throw new Error(`There is a built-in handler named ${twice.name}; give this one another name.`);
}
