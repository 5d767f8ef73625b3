import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { findPostmaster, standsIn } from '../../src/database/embedded/postmaster.js';
import { openTestServer } from '../../test/support/test-server.js';

/** A PostgreSQL of the soak's own that keeps what it has committed, also when it is killed. */
export interface SoakDatabase {
  readonly url: string;
  /** Makes the table that the plugin writes to. */
  prepare(): Promise<void>;
  /** `fast` ends all sessions and writes everything; `immediate` is a crash, after which it recovers. Its supervisor starts it again. */
  restart(how: 'fast' | 'immediate'): Promise<void>;
  close(): Promise<void>;
}

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const PATIENCE_MS = 60_000;

export async function openSoakDatabase(): Promise<SoakDatabase> {
  const server = await openTestServer({ durable: true });
  const directory = join(server.dataDir, 'postgres');
  const url = server.url();
  return {
    url,
    prepare: () => run(url, 'create table effects (event_id text not null)'),
    async restart(how) {
      const running = findPostmaster(directory);
      if (running === undefined) throw new Error('The database does not run.');
      process.kill(running.pid, SIGNALS[how]);
      const deadline = performance.now() + PATIENCE_MS;
      while (standsIn(running.pid, directory) || !(await answers(url))) {
        if (performance.now() > deadline) throw new Error('The database did not come back within a minute.');
        await pause(100);
      }
    },
    close: () => server.stop(),
  };
}

const answers = (url: string): Promise<boolean> =>
  run(url, 'select 1').then(
    () => true,
    () => false,
  );

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end();
  }
}
