import type { Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg';

/**
 * Runs a statement on a connection of the pool, which is given up where it has not answered in time: nobody knows then what became of
 * the statement.
 *
 * `query_timeout` would do the same. But what pg binds to its timer keeps a statement's values in memory until the next full collection
 * of garbage, and under load the bodies of events called for one every 0.8 seconds instead of every four.
 */
export function queryInTime<Row extends QueryResultRow>(
  pool: Pool,
  timeoutMs: number,
  query: QueryConfig,
): Promise<QueryResult<Row>> {
  return new Promise((resolve, reject) => {
    pool.connect((failure, client, release) => {
      if (client === undefined) return reject(failure!);
      let isOver = false;
      const end = (error: Error | null, result?: QueryResult<Row>) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(late);
        release(error ?? undefined);
        if (error === null) resolve(result!);
        else reject(error);
      };
      const late = setTimeout(() => end(new Error(`PostgreSQL has not answered for ${timeoutMs} ms.`)), timeoutMs);
      client.query<Row>(query, end);
    });
  });
}
