import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished, vi } from 'vitest';
import { findPostmaster, standsIn, stopPostmaster } from '../../src/database/embedded/postmaster.js';
import { launch, SERVICE, type Launch, type OnEnd } from '../support/process.js';
import { signature } from '../support/signature.js';
import { removeDataDirectory } from '../support/test-server.js';

// A start takes seconds where a core is free, and much longer where none is.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** A data directory to be, and whether a database runs in it. All of it is gone at the end. */
export function aDataDirectory({ mode = 0o755, onEnd = onTestFinished }: { mode?: number; onEnd?: OnEnd } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'renewal-ledger-boot-'));
  chmodSync(home, mode);
  const path = join(home, 'data');
  const cluster = join(path, 'postgres');
  onEnd(async () => {
    const left = findPostmaster(cluster);
    if (left) await stopPostmaster(left, cluster);
    await removeDataDirectory(path);
    await rm(home, { recursive: true, force: true });
  });
  return {
    path,
    secret: (name: string) => readFileSync(join(path, name), 'utf8').trim(),
    databaseRuns: () => {
      const found = findPostmaster(cluster);
      return found !== undefined && standsIn(found.pid, cluster);
    },
  };
}

/** The service on a data directory, ready. */
export async function started(dataDir: string, { env, ...options }: Launch = {}) {
  const service = launch(SERVICE, { ...options, env: { DATA_DIR: dataDir, ...env } });
  return { ...service, url: await service.ready() };
}

/** One service for all tests of a file, which must leave it as it was. */
export function aSharedService() {
  const shared = {} as { data: ReturnType<typeof aDataDirectory>; service: Awaited<ReturnType<typeof started>> };
  const cleanUps: Parameters<OnEnd>[0][] = [];
  const onEnd: OnEnd = (cleanUp) => void cleanUps.push(cleanUp);
  beforeAll(async () => {
    shared.data = aDataDirectory({ onEnd });
    shared.service = await started(shared.data.path, { onEnd });
  });
  afterAll(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  });
  return shared;
}

export async function graphql(url: string, key: string, query: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
  });
  return ((await response.json()) as { data?: unknown }).data;
}

/** Posts one signed event and answers the status. */
export async function postEvent(url: string, secret: string, id: string): Promise<number> {
  const body = JSON.stringify({
    id,
    object: 'event',
    type: 'invoice.created',
    created: 1_700_000_000,
    livemode: false,
    data: { object: {} },
  });
  const response = await fetch(`${url}/webhooks/stripe`, {
    method: 'POST',
    headers: { 'stripe-signature': signature(body, { secret }) },
    body,
  });
  return response.status;
}
