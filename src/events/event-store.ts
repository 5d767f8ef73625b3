import { hash } from 'node:crypto';
import { Pool } from 'pg';
import type { PoolClient } from 'pg';
import type { Logger } from '../log.js';
import type { JobSender, Query } from './jobs.js';
import { INSERT_EVENTS, insertParameters } from './insert-events.js';
import type { NewEvent } from './new-event.js';
import { ensurePartitions } from './partitions.js';
import { isDatabaseAway, isPassing } from './sql-errors.js';
import type { EventStore } from './writer.js';

export interface WriterPoolOptions {
  readonly url: string;
  readonly connections: number;
  readonly log: Logger;
}

/** The writer's own connections, so that nothing else can take them. Both timeouts are shorter than a post's patience. */
export function createWriterPool({ url, connections, log }: WriterPoolOptions): Pool {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    application_name: 'renewal-ledger writer',
    connectionTimeoutMillis: 3_000,
    query_timeout: 3_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  // A client in use that loses its connection emits this beside failing its query; unheard, it would end the process.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  pool.on('error', (error) =>
    log.warn({ err: error }, 'The writer lost an idle connection and opens another when it needs one'),
  );
  return pool;
}

/** Whatever the server's default: an event that was acknowledged survives the server's crash. */
const BEGIN = 'begin isolation level read committed; set local synchronous_commit to on';

/** Classes of SQLSTATE that a row's own values can cause: bad data, a constraint, a limit, a trigger, PostgreSQL's own bug. */
const CAUSED_BY_ROWS = new Set(['22', '23', '54', 'P0', 'XX']);

/** Events, their bodies and their wake-ups, committed together. */
export function createEventStore(pool: Pool, jobs: JobSender): EventStore {
  const insert = (events: readonly NewEvent[]) => inTransaction(pool, (query) => insertEvents(query, events, jobs));
  return {
    async insert(events) {
      const sorted = events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      try {
        return await insert(sorted);
      } catch (error) {
        if (isMissingPartition(error)) await ensurePartitions(queryOf(pool), { months: 2 });
        else if (!isWorthAnotherTry(error)) throw error;
        return await insert(sorted);
      }
    },
    isOfARow: (error) => CAUSED_BY_ROWS.has(sqlStateOf(error)?.slice(0, 2) ?? '') && !isMissingPartition(error),
  };
}

/** Sorted by id, because two statements that insert the same ids in other orders deadlock. */
async function insertEvents(query: Query, sorted: readonly NewEvent[], jobs: JobSender): Promise<ReadonlySet<string>> {
  const rows = (await query(INSERT_EVENTS, insertParameters(sorted))) as { id: string }[];
  const stored = new Set(rows.map(({ id }) => id));
  await jobs.wakeEvents(
    query,
    sorted.filter((event) => event.state === 'PENDING' && stored.has(event.id)),
  );
  return stored;
}

async function inTransaction<T>(pool: Pool, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(BEGIN);
    const result = await work(preparedQueryOf(client));
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    await rollBack(client, error);
    throw error;
  }
}

/** A connection that broke, or whose query goes on, is thrown away. */
async function rollBack(client: PoolClient, error: unknown): Promise<void> {
  if (sqlStateOf(error) === undefined) return client.release(true);
  await client.query('rollback').then(
    () => client.release(),
    () => client.release(true),
  );
}

const queryOf =
  (pool: Pool): Query =>
  async (text, parameters = []) =>
    (await pool.query(text, [...parameters])).rows;

/** Planning took longer than running, for the jobs' statement most of all. The few texts are the same every time. */
const preparedQueryOf =
  (client: PoolClient): Query =>
  async (text, parameters = []) =>
    (await client.query({ name: hash('sha256', text, 'base64url'), text, values: [...parameters] })).rows;

/** A server that restarted, or a connection that a proxy closed meanwhile, shows only when it is used. */
const isWorthAnotherTry = (error: unknown): boolean => isPassing(error) || isDatabaseAway(error);

/** A new month that nobody prepared for, or a machine that slept. */
const isMissingPartition = (error: unknown): boolean =>
  sqlStateOf(error) === '23514' &&
  (error as { table?: unknown }).table === 'event_body' &&
  (error as { constraint?: unknown }).constraint === undefined;

/** Undefined where the failure is not the server's answer. */
function sqlStateOf(error: unknown): string | undefined {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && severity !== undefined ? code : undefined;
}
