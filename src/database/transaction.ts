import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';

/**
 * A transaction of the ORM's, with SQL whose parameters are bound (`em.execute` pastes them into the text). Statements are sent in the
 * order of their calls and need not wait for each other's answers: those that need no answer of one before share a round trip by
 * `Promise.all`, which rejects with the first that failed.
 */
export interface Transaction {
  readonly em: EntityManager;
  readonly query: <Row = Record<string, unknown>>(text: string, parameters?: readonly unknown[]) => Promise<Row[]>;
}

/** Runs `work` in one READ COMMITTED transaction, on a fork of its own: commits when it returns, rolls back when it throws. */
export function inTransaction<T>(em: EntityManager, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return em.fork().transactional((inner) => work(transactionOf(inner)));
}

/** The transaction that an entity manager is already in. */
export function transactionOf(em: EntityManager): Transaction {
  const context = em.getTransactionContext<{ executeQuery(query: CompiledQuery): Promise<{ rows: unknown[] }> }>();
  if (context === undefined) throw new TypeError('This entity manager is in no transaction.');
  return {
    em,
    async query<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
      const { rows } = await context.executeQuery(CompiledQuery.raw(text, [...parameters]));
      return rows as Row[];
    },
  };
}

/**
 * Has the rest of the transaction look rows up by the keys that its statements name. To the planner a scan of a table of some thousand
 * rows looks cheaper than some hundred keys and is not, and statistics lag behind a burst: what it plans while a table is empty, and keeps,
 * may be a walk through the whole of any index. A bitmap needs a condition on its index, so it is left as the only way. Not for what wants
 * an index's order. (`jit`: before PostgreSQL 18 a plan that scans all the same counts as so dear that it would be compiled. Generic
 * plans: for one row they cost more by the estimate, so each statement would be planned anew, which takes longer than running it.)
 */
export async function preferIndexes(tx: Transaction): Promise<void> {
  const settings = {
    enable_seqscan: 'off',
    enable_indexscan: 'off',
    jit: 'off',
    plan_cache_mode: 'force_generic_plan',
  };
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', true)`);
  await tx.query(`select ${calls.join(', ')}`);
}

/**
 * Has the transaction commit without waiting for the disk: a crash of the database, not of a process, can lose the last half second of
 * such commits, in their order and whole. Only for what is derived again from what is stored.
 */
export async function commitBehind(tx: Transaction): Promise<void> {
  await tx.query(`select set_config('synchronous_commit', 'off', true)`);
}

/** Timestamps come from the ORM's pool as text. */
export const toDate = (value: string | Date | null): Date | null => (value === null ? null : new Date(value));
