import { describe, expect, it } from 'vitest';
import { launch, SERVICE } from '../support/process.js';
import { aDataDirectory, graphql, postEvent, started } from './helpers.js';

const NPM_START = ['npm', 'start', '--silent'];

describe('SIGTERM', () => {
  it('ends the service with 0 and the database with it, and the next start has everything', async () => {
    const data = aDataDirectory();
    const first = await started(data.path);
    const [key, secret] = [data.secret('admin-api-key'), data.secret('webhook-secret')];
    expect(await postEvent(first.url, secret, 'evt_kept')).toBe(200);
    first.signal('SIGTERM');
    expect(await first.exit).toBe(0);
    expect(data.databaseRuns()).toBe(false);

    const second = await started(data.path);
    expect(second.output.stdout).not.toContain('Creating the database');
    expect(data.secret('admin-api-key')).toBe(key);
    expect(await graphql(second.url, key, '{ event(id: "evt_kept") { id } }')).toEqual({ event: { id: 'evt_kept' } });
  });

  it('while it starts ends it too', async () => {
    const data = aDataDirectory();
    const service = launch(SERVICE, { env: { DATA_DIR: data.path } });
    await expect.poll(data.databaseRuns, { timeout: 90_000 }).toBe(true);
    service.signal('SIGTERM');
    expect(await service.exit).toBe(0);
    expect(data.databaseRuns()).toBe(false);
  });

  it('to npm ends the service and the database', async () => {
    const data = aDataDirectory();
    const npm = launch(NPM_START, { env: { DATA_DIR: data.path } });
    const url = await npm.ready();
    npm.signal('SIGTERM');
    await npm.exit;
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    expect(data.databaseRuns()).toBe(false);
  });
});

it('Ctrl-C, which reaches npm and the service at once, stops both cleanly', async () => {
  const data = aDataDirectory();
  const npm = launch(NPM_START, { env: { DATA_DIR: data.path } });
  await npm.ready();
  npm.signalGroup('SIGINT');
  await npm.exit;
  expect(npm.output.stdout.match(/"msg":"Stopping"/g)).toHaveLength(1);
  expect(data.databaseRuns()).toBe(false);
});

describe('kill -9', () => {
  it('leaves a database that the next start takes over, with everything acknowledged', async () => {
    const data = aDataDirectory();
    const first = await started(data.path);
    const [key, secret] = [data.secret('admin-api-key'), data.secret('webhook-secret')];
    expect(await postEvent(first.url, secret, 'evt_kept')).toBe(200);
    first.signal('SIGKILL');
    await first.exit;
    expect(data.databaseRuns()).toBe(true);

    const second = await started(data.path);
    expect(await graphql(second.url, key, '{ event(id: "evt_kept") { id } }')).toEqual({ event: { id: 'evt_kept' } });
    second.signal('SIGTERM');
    expect(await second.exit).toBe(0);
    expect(data.databaseRuns()).toBe(false);
  });
});
