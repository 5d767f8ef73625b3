import { Pool, type QueryResult } from 'pg';
import type { Logger } from '../log.js';
import type { Query } from './jobs.js';
import { insertionOf } from './insert-events.js';
import type { NewEvent } from './new-event.js';
import { ensurePartitions } from './partitions.js';
import { PreparedStatement, type TextRow } from '../database/prepared-statement.js';
import { queryInTime } from '../database/query-in-time.js';
import { isDatabaseAway, isPassing } from '../database/sql-errors.js';
import type { EventStore } from './writer.js';

export interface WriterPoolOptions {
  readonly url: string;
  readonly connections: number;
  readonly log: Logger;
}

/** For a connection, and for a statement's answer: each is shorter than a post's patience. */
const TIMEOUT_MS = 3_000;

/** The writer's own connections, so that nothing else can take them. */
export function createWriterPool({ url, connections, log }: WriterPoolOptions): Pool {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    application_name: 'renewal-ledger writer',
    connectionTimeoutMillis: TIMEOUT_MS,
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

/** Classes of SQLSTATE that a row's own values can cause: bad data, a constraint, a limit, a trigger, PostgreSQL's own bug. */
const CAUSED_BY_ROWS = new Set(['22', '23', '54', 'P0', 'XX']);

/**
 * Events and their bodies, committed together by one statement: every other round trip would be a good part of what a lone event takes.
 * `wake` is told of those that are new and have work to do, and nobody waits for it.
 */
export function createEventStore(pool: Pool, wake: (events: readonly NewEvent[]) => void): EventStore {
  return {
    async insert(events) {
      const stored = await insertWhereverItFits(
        pool,
        events.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      );
      wake(events.filter(({ id, state }) => state === 'PENDING' && stored.has(id)));
      return stored;
    },
    isOfARow: (error) => CAUSED_BY_ROWS.has(sqlStateOf(error)?.slice(0, 2) ?? '') && !isMissingPartition(error),
  };
}

async function insertWhereverItFits(pool: Pool, sorted: readonly NewEvent[]): Promise<Set<string>> {
  try {
    return await insertEvents(pool, sorted);
  } catch (error) {
    if (isMissingPartition(error)) await ensurePartitions(queryOf(pool), { months: 2 });
    else if (!isWorthAnotherTry(error)) throw error;
    return await insertEvents(pool, sorted);
  }
}

/** Sorted by id, because two statements that insert the same ids in other orders deadlock. Prepared, because planning takes longer than running. */
async function insertEvents(pool: Pool, sorted: readonly NewEvent[]): Promise<Set<string>> {
  const insertion = insertionOf(sorted);
  const rows = await queryInTime<readonly TextRow[]>(pool, TIMEOUT_MS, (client, done) => {
    client.query(new PreparedStatement(insertion, done));
  });
  return new Set(rows.map(([id]) => id!));
}

/** Single statements on the writer's connections, within its time. */
export const queryOf =
  (pool: Pool): Query =>
  async (text, parameters = []) => {
    const { rows } = await queryInTime<QueryResult>(pool, TIMEOUT_MS, (client, done) => {
      client.query({ text, values: [...parameters] }, done);
    });
    return rows;
  };

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
