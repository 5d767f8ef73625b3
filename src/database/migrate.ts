import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { migrationsList } from '../migrations/index.js';
import { inTransaction } from './transaction.js';

export type MigrateOptions = Readonly<{ onWaiting?: () => void }>;

/**
 * Runs the migrations that are missing and answers their names; of several processes at once one does, the others
 * wait. What was interrupted is finished by the next run. The ORM's pool must hold two connections.
 *
 * The lock is a row, held by a transaction and so freed by the death of its process. Whoever waits asks again from
 * time to time rather than within a statement: building an index concurrently waits for every running statement.
 */
export async function migrate(orm: MikroORM, { onWaiting }: MigrateOptions = {}): Promise<readonly string[]> {
  await makeLock(orm);
  for (let looks = 0; ; looks += 1) {
    const applied = await underLock(orm, () => applyPending(orm));
    if (applied !== undefined) return applied;
    if (looks === 0) onWaiting?.();
    await pause(200);
  }
}

/** Undefined where another process holds the lock. */
function underLock<T>(orm: MikroORM, work: () => Promise<T>): Promise<T | undefined> {
  return inTransaction(orm.em, async (tx) => {
    await tx.query('set local idle_in_transaction_session_timeout = 0');
    const rows = await tx.query('select id from migration_lock for update skip locked');
    return rows.length > 0 ? await work() : undefined;
  });
}

/** Analyzed afterwards: with the statistics of an empty table the planner would scan a filled one. */
async function applyPending(orm: MikroORM): Promise<readonly string[]> {
  const applied = await orm.migrator.up();
  if (applied.length > 0) await orm.em.getConnection().execute('analyze');
  return applied.map(({ name }) => name);
}

/** `if not exists` still fails for one of two that look at the same moment; by then the other has made it. */
async function makeLock(orm: MikroORM): Promise<void> {
  const connection = orm.em.getConnection();
  const table = 'create table if not exists migration_lock (id boolean primary key default true check (id))';
  await connection.execute(table).catch(() => connection.execute(table));
  await connection.execute('insert into migration_lock default values on conflict do nothing');
}

const NO_SUCH_TABLE = '42P01';

/** Whether there is nothing to migrate: most starts find so, and an ORM only to ask would take longer than all else that they do. */
export async function isMigrated(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 4_000, query_timeout: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>('select name from mikro_orm_migrations');
    const applied = new Set(rows.map(({ name }) => name));
    return migrationsList.every(({ name }) => applied.has(name));
  } catch (error) {
    if ((error as { code?: unknown }).code === NO_SUCH_TABLE) return false;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}
