import type { Pool, PoolClient } from 'pg';

/** Sends one statement, and calls back when it is answered. */
export type Send<Result> = (client: PoolClient, done: (error: Error | null, result?: Result) => void) => void;

/**
 * Runs a statement on a connection of the pool, which is given up where it has not answered in time: nobody knows then what became of
 * the statement.
 *
 * `query_timeout` would do the same. But what pg binds to its timer keeps a statement's values in memory until the next full collection
 * of garbage, and under load the bodies of events called for one every 0.8 seconds instead of every four.
 */
export function queryInTime<Result>(pool: Pool, timeoutMs: number, send: Send<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    pool.connect((failure, client, release) => {
      if (client === undefined) return reject(failure!);
      let isOver = false;
      const end = (error: Error | null, result?: Result) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(late);
        release(error ?? undefined);
        if (error === null) resolve(result!);
        else reject(error);
      };
      const late = setTimeout(() => end(new Error(`PostgreSQL has not answered for ${timeoutMs} ms.`)), timeoutMs);
      send(client, end);
    });
  });
}
