import type { ClientBase } from 'pg';
import { PgBoss, type Db, type JobInsert } from 'pg-boss';
import { prepareRepeated } from '../database/repeated-statements.js';
import { endWhenSilent } from '../database/silent-connections.js';
import type { Logger } from '../log.js';
import { deliveryQueueOf, EVENT_QUEUE, QUEUE_DEFAULTS, SIGNAL_QUEUE } from './queues.js';

/** The caller's own transaction: answers the rows. Jobs sent through it are there when it commits, and not before. */
export type Query = (text: string, parameters?: readonly unknown[]) => Promise<readonly unknown[]>;

/** Makes a worker look at an event. */
export interface WakeUp {
  readonly id: string;
  /**
   * What the event's work will lock: the intent that its metadata names, else its subscription, else its own id. Events of one
   * lane are not worked on side by side in a process. A wrong lane costs waiting, never correctness.
   */
  readonly lane: string;
  readonly startAfterSeconds?: number;
}

/** The data of a job of the queue `event`. */
export interface EventJobData {
  readonly events: readonly { readonly id: string; readonly lane: string }[];
}

export interface DeliveryJob {
  readonly handler: string;
  readonly eventId: string;
  readonly startAfterSeconds?: number;
}

/** What others may send. A job only wakes a worker; what is to be done stands in `event` and `delivery`. */
export interface JobSender {
  wakeEvents(query: Query, wakeUps: readonly WakeUp[]): Promise<void>;
  sendDeliveries(query: Query, deliveries: readonly DeliveryJob[]): Promise<void>;
  /** Sent by whoever changed what the keys name, in the transaction of the change. */
  sendSignal(query: Query, keys: readonly string[]): Promise<void>;
}

export interface Jobs extends JobSender {
  /** pg-boss itself, for workers and schedules. */
  readonly boss: PgBoss;
  /** Deliveries can be sent only to queues that exist. `timeoutSeconds`: of the handler, from whoever knows it. */
  ensureDeliveryQueue(handler: string, timeoutSeconds?: number): Promise<void>;
  /** Whether a worker has known this handler; those that record facts have none. */
  hasDeliveryQueue(handler: string): Promise<boolean>;
  /** Runs one statement by itself on a connection of the queue's own, which waits for no disk. Times are Dates. */
  readonly query: <Row>(text: string, parameters?: readonly unknown[]) => Promise<Row[]>;
  /** Deletes jobs in the transaction that did their work. */
  finish(query: Query, queue: string, jobIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface JobsOptions {
  readonly url: string;
  readonly log: Logger;
  /** False where jobs are only sent: no supervision, no schedules, no LISTEN. */
  readonly works: boolean;
}

/** Starts pg-boss in its own schema and makes the queues that everybody sends to. */
export async function openJobs({ url, log, works }: JobsOptions): Promise<Jobs> {
  const boss = new PgBoss({
    connectionString: url,
    ...ownConnections,
    max: works ? 8 : 2,
    supervise: works,
    schedule: works,
    useListenNotify: works,
    registerInstance: works,
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
    maintenanceIntervalSeconds: 300,
    persistWarnings: false,
    openTelemetry: { enabled: false },
  });
  boss.on('error', createErrorLog(log));
  boss.on('warning', ({ message, data }) => log.warn({ data }, message));
  await boss.start();
  await boss.createQueue(EVENT_QUEUE, QUEUE_DEFAULTS);
  await boss.createQueue(SIGNAL_QUEUE, QUEUE_DEFAULTS);
  return jobsOf(boss);
}

const QUIET_MS = 5_000;

/** While the database is away every worker fails at every poll: one line in five seconds is enough, the others are for debugging. */
function createErrorLog(log: Logger): (error: Error) => void {
  let quietUntil = 0;
  return (error) => {
    const isQuiet = performance.now() < quietUntil;
    if (!isQuiet) quietUntil = performance.now() + QUIET_MS;
    log[isQuiet ? 'debug' : 'warn']({ err: error }, 'The job queue failed at something and goes on');
  };
}

/**
 * pg-boss hands its options to its pool. What it does by itself need not survive a crash of the database: a fetch, or the end of a job,
 * that is forgotten brings the job back, and there is nothing left to do then. Jobs are sent in their callers' transactions.
 */
const ownConnections = {
  application_name: 'renewal-ledger jobs',
  stream: endWhenSilent(),
  onConnect: async (client: ClientBase) => {
    await client.query('set synchronous_commit to off');
    prepareRepeated(client);
  },
};

function jobsOf(boss: PgBoss): Jobs {
  const made = new Set<string>();
  const insert = async (query: Query, queue: string, jobs: JobInsert[]) => {
    if (jobs.length > 0) await boss.insert(queue, jobs, { db: inCaller(query) });
  };
  return {
    boss,
    wakeEvents: (query, wakeUps) => insert(query, EVENT_QUEUE, toEventJobs(wakeUps)),
    async sendDeliveries(query, deliveries) {
      for (const [handler, ofHandler] of Map.groupBy(deliveries, (delivery) => delivery.handler)) {
        const jobs = ofHandler.map(({ eventId, startAfterSeconds }) => ({
          data: { eventId },
          ...later(startAfterSeconds),
        }));
        await insert(query, deliveryQueueOf(handler), jobs);
      }
    },
    sendSignal: (query, keys) => insert(query, SIGNAL_QUEUE, keys.length > 0 ? [{ data: { keys } }] : []),
    hasDeliveryQueue: async (handler) => (await boss.getQueue(deliveryQueueOf(handler))) !== null,
    async ensureDeliveryQueue(handler, timeoutSeconds) {
      const queue = deliveryQueueOf(handler);
      if (!made.has(queue)) await boss.createQueue(queue, QUEUE_DEFAULTS);
      made.add(queue);
      if (timeoutSeconds !== undefined)
        await boss.updateQueue(queue, { expireInSeconds: Math.ceil(timeoutSeconds) + 60 });
    },
    query: async <Row>(text: string, parameters: readonly unknown[] = []) =>
      (await boss.getDb().executeSql(text, [...parameters])).rows as Row[],
    async finish(query, queue, jobIds) {
      if (jobIds.length > 0) await boss.deleteJob(queue, [...jobIds], { db: inCaller(query) });
    },
    close: () => boss.stop({ graceful: true, timeout: 5_000 }),
  };
}

/**
 * Events that are woken together share jobs: a job's row costs as much as an event's, and says nothing that the event's does not. One job
 * wakes no more than this, so that several processes share a burst.
 */
const EVENTS_PER_JOB = 20;

function toEventJobs(wakeUps: readonly WakeUp[]): JobInsert[] {
  const byTime = Map.groupBy(wakeUps, ({ startAfterSeconds = 0 }) => startAfterSeconds);
  return [...byTime].flatMap(([seconds, together]) => {
    const events = together.map(({ id, lane }) => ({ id, lane }));
    const count = Math.ceil(events.length / EVENTS_PER_JOB);
    return Array.from({ length: count }, (_, index) => ({
      data: { events: events.slice(index * EVENTS_PER_JOB, (index + 1) * EVENTS_PER_JOB) } satisfies EventJobData,
      ...later(seconds),
    }));
  });
}

const later = (seconds: number | undefined) => (seconds === undefined || seconds <= 0 ? {} : { startAfter: seconds });

const inCaller = (query: Query): Db => ({
  executeSql: async (text, values) => ({ rows: [...(await query(text, values))] }),
});
