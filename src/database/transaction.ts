import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';

/** A transaction of the ORM's, with SQL whose parameters are bound (`em.execute` pastes them into the text). */
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
 * Has the rest of the transaction look rows up by index. Its statements name their rows by key, some hundred at a time: to the planner a
 * scan of a table of some thousand rows looks cheaper than that and is not, and statistics lag behind a burst. (`jit`: before
 * PostgreSQL 18 a plan that scans all the same counts as so dear that it would be compiled.)
 */
export async function preferIndexes(tx: Transaction): Promise<void> {
  await tx.query(`select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`);
}

/** Timestamps come from the ORM's pool as text. */
export const toDate = (value: string | Date | null): Date | null => (value === null ? null : new Date(value));
