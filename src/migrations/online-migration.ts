import { setTimeout as pause } from 'node:timers/promises';
import { Migration } from '@mikro-orm/migrations';
import { CompiledQuery } from 'kysely';

/** SQL with bound parameters. Timestamps come as text, ids of type bigint too. */
export type Query = <Row = Record<string, unknown>>(text: string, parameters?: readonly unknown[]) => Promise<Row[]>;

const LOCK_TIMEOUT = '1s';
const PAUSE_MS = 500;
const TRIES = 400;

/**
 * A migration of large tables under load, hence in no transaction of its own: every step commits by itself, and may be run again after
 * an interruption.
 */
export abstract class OnlineMigration extends Migration {
  override isTransactional(): boolean {
    return false;
  }

  /** One statement that commits by itself. */
  protected readonly query: Query = async <Row>(text: string, parameters: readonly unknown[] = []) => {
    const { rows } = await this.driver
      .getConnection()
      .getClient()
      .executeQuery(CompiledQuery.raw(text, [...parameters]));
    return rows as Row[];
  };

  /** Commits when `work` returns, rolls back when it throws. */
  protected inTransaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.driver.getConnection().transactional((context) => {
      const transaction = context as { executeQuery(query: CompiledQuery): Promise<{ rows: unknown[] }> };
      return work(async <Row>(text: string, parameters: readonly unknown[] = []) => {
        const { rows } = await transaction.executeQuery(CompiledQuery.raw(text, [...parameters]));
        return rows as Row[];
      });
    });
  }

  /**
   * Statements that lock a whole table, for an instant. They never queue behind a long transaction, because everybody else would then
   * queue behind them: they give up after a second, and try again later.
   */
  protected async alterBriefly(...statements: string[]): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.inTransaction(async (query) => {
          await query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
          for (const statement of statements) await query(statement);
        });
        return;
      } catch (error) {
        const isLocked = (error as { code?: unknown }).code === '55P03';
        if (!isLocked || tries === TRIES) throw error;
        await pause(PAUSE_MS);
      }
    }
  }

  /** Builds an index while others write. One that an interrupted build left behind is invalid, serves nobody, and is built anew. */
  protected async buildIndex({ name, unique = false, on }: IndexSpec): Promise<void> {
    const [found] = await this.query<{ valid: boolean }>(
      'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
      [`"${name}"`],
    );
    if (found?.valid === true) return;
    if (found !== undefined) await this.query(`drop index concurrently "${name}"`);
    await this.query(`create ${unique ? 'unique ' : ''}index concurrently "${name}" on ${on}`);
  }
}

export interface IndexSpec {
  readonly name: string;
  readonly unique?: boolean;
  /** The table, its columns and the condition. */
  readonly on: string;
}
