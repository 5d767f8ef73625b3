import { chmodSync, mkdtempSync, realpathSync } from 'node:fs';
import { readdir, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/database/embedded-postgres.js';

const PREFIX = 'renewal-ledger-tests-';

export interface TestServer extends EmbeddedPostgres {
  readonly dataDir: string;
}

/** One throw-away PostgreSQL for a run of the tests. `durable`: it may be killed, and keeps what it has committed. */
export async function openTestServer({ durable = false } = {}): Promise<TestServer> {
  await removeWhatKilledRunsLeft();
  const dataDir = mkdtempSync(join(realpathSync(tmpdir()), PREFIX));
  chmodSync(dataDir, 0o711); // else root would have to put the database elsewhere, where its account may go
  const server = await openEmbeddedPostgres({ dataDir, durable });
  return {
    ...server,
    dataDir,
    async stop() {
      await server.stop();
      await removeDataDirectory(dataDir);
    },
  };
}

/** Removes a data directory, and what root had to put elsewhere for it. */
export async function removeDataDirectory(dataDir: string): Promise<void> {
  const cluster = await realpath(join(dataDir, 'postgres')).catch(() => undefined);
  if (cluster && dirname(cluster) !== dataDir) await rm(dirname(cluster), { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

/** A run that was killed could stop nothing. Directories of runs that go on are refused to us, and left. */
async function removeWhatKilledRunsLeft(): Promise<void> {
  const home = realpathSync(tmpdir());
  const old = (await readdir(home)).filter((name) => name.startsWith(PREFIX)).map((name) => join(home, name));
  for (const dataDir of old) {
    const age = Date.now() - (await stat(dataDir).catch(() => ({ mtimeMs: Infinity }))).mtimeMs;
    if (age < 60_000) continue;
    const left = await openEmbeddedPostgres({ dataDir, durable: false }).catch(() => undefined);
    if (left === undefined) continue;
    await left.stop();
    await removeDataDirectory(dataDir);
  }
}
