import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { DatabaseAwayError } from '../errors.js';

export type AwaitDatabaseOptions = Readonly<{ withinMs?: number; onWaiting?: (forSeconds: number) => void }>;

/** Errors of a server that answers: waiting would not mend them (role, password, no such database). */
const REFUSALS = /^(28|3D)/;

/**
 * Returns when the database takes a connection. Where everything is started at once it may come up after us.
 * @throws DatabaseAwayError when it refuses us, or has not answered in time (30 s unless told otherwise).
 */
export async function awaitDatabase(
  url: string,
  { withinMs = 30_000, onWaiting }: AwaitDatabaseOptions = {},
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (let looks = 0; ; looks += 1) {
    const failure = await look(url);
    if (failure === undefined) return;
    const { code = '' } = failure as { code?: string };
    if (REFUSALS.test(code) || performance.now() >= deadline) throw new DatabaseAwayError(failure);
    if (looks === 0) onWaiting?.(withinMs / 1000);
    await pause(500);
  }
}

async function look(url: string): Promise<Error | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 4_000, query_timeout: 4_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    await client.end().catch(() => undefined);
  }
}
