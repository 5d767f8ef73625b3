import type { Pool, PoolClient } from 'pg';

/** Whoever used the connection may still give it back itself within this time. */
const GRACE_MS = 1_000;

/**
 * Gives back to the pool what a transaction lost its connection with. The ORM's query builder does so only after a commit or a
 * rollback that succeeded, which a broken connection never sees: each restart of the database would cost the pool a
 * connection for good, and after a few of them every caller would wait for ever.
 */
export function giveBackBrokenConnections(pool: Pool): void {
  const inUse = new Set<PoolClient>();
  pool.on('acquire', (client) => void inUse.add(client));
  pool.on('release', (_error, client) => void inUse.delete(client));
  pool.on('connect', (client) => {
    // Emitted beside the failure of the query that was running; unheard, it would end the process.
    client.on('error', () => undefined);
    client.once('end', () => {
      if (!inUse.has(client)) return;
      // It keeps the process alive: the pool's end may be waiting for this and for nothing else.
      setTimeout(() => {
        if (inUse.has(client)) client.release(true);
      }, GRACE_MS);
    });
  });
}
