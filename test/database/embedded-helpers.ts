import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import {
  openEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/database/embedded-postgres.js';
import { removeDataDirectory } from '../support/test-server.js';

/** A new directory's path, removed with all that stands for it when the test ends. */
export function aDirectory({ mode = 0o755 } = {}): string {
  const home = mkdtempSync(join(tmpdir(), 'renewal-ledger-test-'));
  chmodSync(home, mode);
  onTestFinished(async () => {
    await removeDataDirectory(join(home, 'data'));
    await rm(home, { recursive: true, force: true });
  });
  return join(home, 'data');
}

export async function opened(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await openEmbeddedPostgres({ durable: false, ...options });
  onTestFinished(() => server.stop());
  return server;
}

export async function query<Row>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Another process that holds the directory; under another user where one is named. */
export async function aHolderOf(dataDir: string, user: { uid?: number; gid?: number } = {}) {
  const script = fileURLToPath(new URL('./embedded-holder.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', '@oxc-node/core/register', script, dataDir], {
    ...user,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => ended(child, 'SIGTERM'));
  const [line] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => ['{}'])])) as [Buffer];
  const said = JSON.parse(line.toString()) as { url: string; adopted: boolean };
  return {
    ...said,
    pid: child.pid as number,
    kill: () => ended(child, 'SIGKILL'),
    stop: () => ended(child, 'SIGTERM'),
  };
}

async function ended(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}
