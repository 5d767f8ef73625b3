import type { EntityManager } from '@mikro-orm/postgresql';
import { HandlerMap } from '@renewal-ledger/sdk';
import type { FastifyInstance } from 'fastify';
import { type ApiKeys, createApiKeys } from './access/api-keys.js';
import { createApp } from './app.js';
import type { Clock } from './clock.js';
import { connectDatabase } from './database/orm.js';
import { type Announcer, createAnnouncer } from './events/announcer.js';
import { createDispatcher, type Dispatcher } from './events/dispatch.js';
import { createEventStore, createWriterPool } from './events/event-store.js';
import { type Jobs, openJobs } from './events/jobs.js';
import type { Livemode } from './events/new-event.js';
import { ensurePartitions } from './events/partitions.js';
import { createReplay } from './events/replay.js';
import { EventWriter } from './events/writer.js';
import { createFactHandlers } from './handlers/fact-handlers.js';
import { createLicenseManager } from './handlers/license-manager-client.js';
import { CALL_SECONDS, LicenseManagerHandlers } from './handlers/license-manager.handlers.js';
import { TruncatedInvoiceHandlers } from './handlers/truncated-invoice.handlers.js';
import { createMetrics } from './http/metrics.js';
import { createLedger } from './ledger/ledger.js';
import { createProcessing } from './ledger/processing.js';
import { raise } from './ledger/raise.js';
import { createFactRecorder } from './ledger/record-facts.js';
import { createReporting } from './ledger/reporting.js';
import type { Logger } from './log.js';
import { createGraphql } from './schema/graphql.js';
import { createStripe } from './stripe/client.js';

export type Role = 'all' | 'web' | 'worker';

export interface ServiceOptions {
  readonly databaseUrl: string;
  /** `web` answers HTTP and sends jobs, `worker` handles events and answers health and metrics only. */
  readonly role: Role;
  readonly webhookSecrets: readonly string[];
  readonly adminApiKey: string | undefined;
  readonly livemode: Livemode;
  readonly unmatchedGraceMinutes: number;
  readonly overdueGraceHours: number;
  readonly ide: boolean;
  readonly trustProxy: boolean;
  /** Plugins' handlers; each of their deliveries runs alone. */
  readonly handlers: HandlerMap;
  readonly licenseManager: { readonly url: string; readonly token: string | undefined } | undefined;
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
  readonly apiKeys: ApiKeys;
  /** Stops answering, lets what is in hand finish, and closes every connection. */
  stop(): Promise<void>;
}

const MONTHS_AHEAD = 3;

/** Opens connections (the writer, the workers, GraphQL and the jobs have pools of their own), starts the workers, and does not listen. */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { databaseUrl: url, role, log, clock } = options;
  const works = role !== 'web';
  const jobs = await openJobs({ url, log, works });
  const orm = await connectDatabase(url);
  const pool = createWriterPool({ url, connections: 2, log });
  const writer = new EventWriter(createEventStore(pool, jobs), log);
  const query = async (text: string, parameters: readonly unknown[] = []) =>
    (await pool.query(text, [...parameters])).rows;
  await ensurePartitions(query, { months: MONTHS_AHEAD });
  const factHandlers = createFactHandlers();
  const announcer = createAnnouncer(jobs, works ? [factHandlers, options.handlers] : null);
  const workers = works
    ? await openWorkers({
        ...options,
        jobs,
        announcer,
        factHandlers,
        keepPartitions: () => ensurePartitions(query, { months: MONTHS_AHEAD }),
      })
    : null;
  const apiKeys = createApiKeys({ em: () => orm.em.fork(), adminApiKey: options.adminApiKey });
  const app = createApp({
    log,
    trustProxy: options.trustProxy,
    webhook: { secrets: options.webhookSecrets, livemode: options.livemode, writer, clock },
    graphql: createGraphql({
      em: () => orm.em.fork(),
      ledger: createLedger({ em: orm.em, announcer, clock }),
      replayEvents: createReplay(orm.em, jobs),
      apiKeys,
      clock,
      log,
      ide: options.ide,
    }),
    apiKeys,
    metrics: createMetrics(() => writer.queued),
    readiness: { database: async () => void (await query('select 1')) },
  });
  return {
    app,
    jobs,
    dispatcher: workers?.dispatcher ?? null,
    apiKeys,
    async stop() {
      await app.close();
      await workers?.stop();
      await writer.close();
      await jobs.close();
      await Promise.all([pool.end(), orm.close()]);
    },
  };
}

interface WorkerOptions extends ServiceOptions {
  readonly jobs: Jobs;
  readonly announcer: Announcer;
  readonly factHandlers: HandlerMap;
  keepPartitions(): Promise<void>;
}

async function openWorkers(options: WorkerOptions): Promise<{ dispatcher: Dispatcher; stop(): Promise<void> }> {
  const { announcer, clock, jobs, log, factHandlers, handlers } = options;
  const orm = await connectDatabase(options.databaseUrl, { pool: 10 });
  registerBuiltIn(options, orm.em);
  const reporting = createReporting({ ...options, em: orm.em });
  const dispatcher = createDispatcher({
    em: orm.em,
    jobs,
    factHandlers,
    handlers,
    recordFacts: createFactRecorder({ announcer, clock }),
    raise: (tx, events) => raise(tx, events, { announcer, now: clock.now(), announce: true }),
    schedules: [
      { name: 'report-invoices', every: 1, run: () => reporting.reportInvoices() },
      { name: 'report-overdue', every: 1, run: () => reporting.reportOverdue() },
      { name: 'partitions', every: 60, run: () => options.keepPartitions() },
    ],
    log,
    clock,
  });
  await dispatcher.start();
  return {
    dispatcher,
    async stop() {
      await dispatcher.stop();
      await orm.close();
    },
  };
}

/** The built-in handlers that call others, where they are configured. */
function registerBuiltIn(
  { handlers, licenseManager, stripe, announcer, clock }: WorkerOptions,
  em: EntityManager,
): void {
  if (licenseManager !== undefined) {
    const client = createLicenseManager({ ...licenseManager, timeoutSeconds: CALL_SECONDS });
    handlers.register(new LicenseManagerHandlers(createProcessing({ em, announcer, clock }), client));
  }
  const { apiKey, apiBase } = stripe;
  if (apiKey !== undefined)
    handlers.register(new TruncatedInvoiceHandlers({ stripe: createStripe({ apiKey, apiBase }), announcer, clock }));
}
