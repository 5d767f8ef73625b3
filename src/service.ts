import type { EntityManager } from '@mikro-orm/postgresql';
import type { FastifyInstance } from 'fastify';
import type Stripe from 'stripe';
import { type ApiKeys, createApiKeys } from './access/api-keys.js';
import { createApp, type Outside } from './app.js';
import {
  type BackfillWorker,
  createBackfillWorker,
  openBackfillQueue,
  sendBackfill,
} from './backfill/backfill-worker.js';
import { createBackfills } from './backfill/backfills.js';
import { patternsOf } from './backfill/event-walks.js';
import { createSync, type SyncOptions } from './backfill/sync-schedule.js';
import type { Clock } from './clock.js';
import { connectDatabase } from './database/orm.js';
import { type Announcer, createAnnouncer } from './events/announcer.js';
import { createDispatcher, type Dispatcher } from './events/dispatch.js';
import { createEndpointClient } from './events/endpoints/endpoint-client.js';
import { createEndpointRegistry } from './events/endpoints/endpoint-registry.js';
import { createEndpointSource } from './events/endpoints/endpoint-source.js';
import { createEventStore, createWriterPool, queryOf } from './events/event-store.js';
import { type HandlerSource, mergeSources } from './events/handler-source.js';
import { type Jobs, type JobsOptions, openJobs } from './events/jobs.js';
import type { Livemode } from './events/new-event.js';
import { ensurePartitions } from './events/partitions.js';
import { createReplay } from './events/replay.js';
import { eraseOldBodies } from './events/retention.js';
import type { Schedule } from './events/schedules.js';
import { createUntilHandled } from './events/until-handled.js';
import { Waker } from './events/waker.js';
import { EventWriter } from './events/writer.js';
import { type BuiltInOptions, createCallingHandlers, createFactHandlers } from './handlers/built-in.js';
import type { ReadinessCheck } from './http/health.js';
import { createMetrics } from './http/metrics.js';
import { migrationsCheck, workersCheck } from './http/readiness.js';
import { createLedger } from './ledger/ledger.js';
import { raise } from './ledger/raise.js';
import { createFactRecorder } from './ledger/record-facts.js';
import { createReporting } from './ledger/reporting.js';
import type { Logger } from './log.js';
import { createGraphql } from './schema/graphql.js';

export { loadPlugins } from './events/plugins.js';

export type Role = 'all' | 'web' | 'worker';

export interface ServiceOptions {
  readonly databaseUrl: string;
  /** `web` answers HTTP and sends jobs, `worker` handles events and answers health and metrics only. */
  readonly role: Role;
  readonly webhookSecrets: readonly string[];
  readonly adminApiKey: string | undefined;
  readonly livemode: Livemode;
  readonly ack: 'stored' | 'handled';
  readonly unmatchedGraceMinutes: number;
  readonly overdueGraceHours: number;
  /** Whether handler endpoints may lie on private and loopback addresses. */
  readonly allowPrivateEndpoints: boolean;
  /** Undefined: Stripe's events are never walked through by schedule. */
  readonly syncEveryMinutes?: number | undefined;
  /** Undefined: bodies are kept for ever. */
  readonly retentionDays: number | undefined;
  readonly ide: boolean;
  readonly trustProxy: boolean;
  /** Plugins' handlers; each of their deliveries runs alone. */
  readonly handlers: HandlerSource;
  readonly licenseManager: BuiltInOptions['licenseManager'];
  /** Without a key nothing is asked of Stripe. */
  readonly stripe: { readonly apiKey: string | undefined; readonly apiBase: string | undefined };
  readonly log: Logger;
  readonly clock: Clock;
}

/** The whole service over a migrated database, ready to listen. */
export interface Service {
  readonly app: FastifyInstance;
  readonly jobs: Jobs;
  /** Null in a process of the role `web`. */
  readonly dispatcher: Dispatcher | null;
  /** Stops answering, lets what is in hand finish, and closes every connection. */
  stop(): Promise<void>;
}

const MONTHS_AHEAD = 3;

/** Of GraphQL and of looking keys up: shorter than an idle connection is kept open, and longer than any statement of theirs takes. */
const ANSWER_MS = 20_000;

/** Opens connections (the writer, the workers, GraphQL and the jobs have pools of their own), starts the workers, and does not listen. */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { databaseUrl: url, role, log } = options;
  const works = role !== 'web';
  const [jobs, orm, stripe] = await Promise.all([
    openQueues({ url, log, works }),
    connectDatabase(url, { patienceMs: ANSWER_MS }),
    openStripe(options),
  ]);
  const pool = createWriterPool({ url, connections: 2, log });
  const waker = new Waker(jobs, log);
  const writer = new EventWriter(createEventStore(pool, waker.wake), log);
  const query = queryOf(pool);
  const keepPartitions = () => ensurePartitions(query, { months: MONTHS_AHEAD });
  await keepPartitions();
  const workers = works ? await openWorkers(options, { jobs, writer, stripe, keepPartitions }) : null;
  const announcer = workers?.announcer ?? createAnnouncer(jobs, null);
  const app = createHttp(options, {
    jobs,
    em: orm.em,
    writer,
    stripe,
    announcer,
    readiness: {
      database: async () => void (await query('select 1')),
      migrations: migrationsCheck(orm.migrator),
      ...(works && { workers: workersCheck(jobs, options.clock) }),
    },
  });
  return {
    app,
    jobs,
    dispatcher: workers === null ? null : idleAfter(waker, workers.dispatcher),
    async stop() {
      await app.close();
      await workers?.stop();
      await writer.close();
      await waker.idle();
      await jobs.close();
      await Promise.all([pool.end(), orm.close()]);
    },
  };
}

/** What was answered and not yet given to a worker is work too. */
const idleAfter = (waker: Waker, dispatcher: Dispatcher): Dispatcher => ({
  ...dispatcher,
  async idle(options) {
    await waker.idle();
    await dispatcher.idle(options);
  },
});

async function openQueues(options: JobsOptions): Promise<Jobs> {
  const jobs = await openJobs(options);
  await openBackfillQueue(jobs);
  return jobs;
}

/** One client for the process: its limit is everybody's. Its two hundred modules are not loaded for nothing. */
async function openStripe({ stripe: { apiKey, apiBase } }: ServiceOptions): Promise<Stripe | undefined> {
  if (apiKey === undefined) return undefined;
  const { createStripe } = await import('./stripe/client.js');
  return createStripe({ apiKey, apiBase });
}

interface HttpParts {
  readonly jobs: Jobs;
  readonly em: EntityManager;
  readonly writer: EventWriter;
  readonly stripe: Stripe | undefined;
  readonly announcer: Announcer;
  readonly readiness: Readonly<Record<string, ReadinessCheck>>;
}

function createHttp(options: ServiceOptions, parts: HttpParts): FastifyInstance {
  const { log, trustProxy, role } = options;
  const apiKeys = createApiKeys({ em: () => parts.em.fork(), adminApiKey: options.adminApiKey });
  return createApp({
    log,
    trustProxy,
    outside: role === 'worker' ? null : createOutside(options, apiKeys, parts),
    apiKeys,
    metrics: createMetrics(() => parts.writer.queued),
    readiness: parts.readiness,
  });
}

function createOutside(options: ServiceOptions, apiKeys: ApiKeys, parts: HttpParts): Outside {
  const { log, clock, ide, livemode } = options;
  const { jobs, em, writer, announcer } = parts;
  const untilHandled = createUntilHandled({ em, jobs, log, builtIn: builtInNames({ ...options, ...parts }) });
  const webhook = { secrets: options.webhookSecrets, livemode, writer, clock };
  return {
    webhook: options.ack === 'handled' ? { ...webhook, untilHandled } : webhook,
    graphql: createGraphql({
      em: () => em.fork(),
      ledger: createLedger({ em, announcer, clock }),
      replayEvents: createReplay(em, jobs, livemode),
      endpoints: createEndpointRegistry({ em: () => em.fork(), clock, allowPrivate: options.allowPrivateEndpoints }),
      backfills: createBackfills({ em, announcer, clock, send: sendBackfill(jobs) }),
      apiKeys,
      clock,
      log,
      ide,
    }),
  };
}

function builtInNames(options: BuiltInOptions): string[] {
  const handlers = [...createFactHandlers().handlers(), ...createCallingHandlers(options).handlers()];
  return [...new Set(handlers.map(({ name }) => name))];
}

interface Workers {
  readonly dispatcher: Dispatcher;
  readonly announcer: Announcer;
  stop(): Promise<void>;
}

interface WorkerParts {
  readonly jobs: Jobs;
  readonly writer: EventWriter;
  readonly stripe: Stripe | undefined;
  keepPartitions(): Promise<void>;
}

async function openWorkers(options: ServiceOptions, parts: WorkerParts): Promise<Workers> {
  const { clock, log } = options;
  const { jobs, writer, stripe, keepPartitions } = parts;
  const orm = await connectDatabase(options.databaseUrl, { pool: 10, prepares: true, endsWhenSilent: true });
  const factHandlers = createFactHandlers();
  // Its routes are asked for only when something is raised: by then the handlers that it is passed are complete.
  const sources: HandlerSource[] = [factHandlers];
  const announcer = createAnnouncer(jobs, sources);
  const handlers = mergeSources(createCallingHandlers({ ...options, em: orm.em, announcer, stripe }), options.handlers);
  const client = createEndpointClient({ allowPrivate: options.allowPrivateEndpoints });
  const endpoints = createEndpointSource({ em: orm.em, client, clock });
  sources.push(handlers, endpoints);
  const patterns = () => patternsOf([factHandlers, handlers, endpoints].flatMap((source) => source.handlers()));
  const backfills = openBackfills(options, { em: orm.em, announcer, jobs, writer, stripe, patterns });
  const reporting = createReporting({ ...options, em: orm.em, announcer });
  const dispatcher = createDispatcher({
    em: orm.em,
    jobs,
    factHandlers,
    handlers,
    endpoints,
    recordFacts: createFactRecorder({ announcer, clock }),
    // Where an answer waits for the handlers, they have its deadline.
    ...(options.ack === 'stored' && { isPressed: () => writer.isPressed }),
    raise: (tx, emitted) => {
      const events = emitted.map(({ payload, ...event }) => ({ ...event, object: payload }));
      return raise(tx, events, { announcer, now: clock.now(), announce: true });
    },
    schedules: [
      { name: 'report-invoices', every: 1, run: () => reporting.reportInvoices() },
      { name: 'report-overdue', every: 1, run: () => reporting.reportOverdue() },
      backfills.schedule,
      { name: 'partitions', every: 60, run: keepPartitions },
      ...retention(orm.em, options),
      ...sync(options.syncEveryMinutes, { em: orm.em, clock, patterns, send: sendBackfill(jobs) }),
    ],
    log,
    clock,
  });
  await dispatcher.start();
  await backfills.start();
  return {
    dispatcher,
    announcer,
    async stop() {
      await Promise.all([dispatcher.stop(), backfills.stop()]);
      await Promise.all([client.close(), orm.close()]);
    },
  };
}

function openBackfills(
  { clock, log, livemode }: ServiceOptions,
  parts: Omit<WorkerParts, 'keepPartitions'> & {
    readonly em: EntityManager;
    readonly announcer: Announcer;
    patterns(): readonly string[];
  },
): BackfillWorker {
  return createBackfillWorker({ ...parts, clock, log, livemode, factHandlers: createFactHandlers() });
}

/** Without a key to Stripe, `readConfig` has refused it. */
function sync(everyMinutes: number | undefined, options: Omit<SyncOptions, 'everyMinutes'>): Schedule[] {
  return everyMinutes === undefined ? [] : [createSync({ ...options, everyMinutes })];
}

/** At night by UTC, where bodies are not kept for ever. */
function retention(em: EntityManager, { retentionDays: days, log }: ServiceOptions): Schedule[] {
  if (days === undefined) return [];
  return [{ name: 'retention', every: '17 3 * * *', run: async () => void (await eraseOldBodies({ em, days, log })) }];
}
