import { stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isReachableByAll } from '../../src/database/embedded/account.js';
import { launch, SERVICE } from '../support/process.js';
import { aDataDirectory, aSharedService, graphql, postEvent, started } from './helpers.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };
const SECRET_FILES = ['admin-api-key', 'webhook-secret', 'postgres-password'];

const shared = aSharedService();

describe('a start with nothing but a directory', () => {
  it('prints where it is and what it generated, and both work', async () => {
    const { data, service } = shared;
    const [key, secret] = [data.secret('admin-api-key'), data.secret('webhook-secret')];
    expect(service.output.stdout).toContain(`${service.url}/webhooks/stripe`);
    expect(service.output.stdout).toMatch(new RegExp(`API key +${key}\\n`));
    expect(service.output.stdout).toMatch(new RegExp(`Webhook secret +${secret}\\n`));
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    expect(await graphql(service.url, key, '{ __typename }')).toEqual({ __typename: 'Query' });
    expect(await postEvent(service.url, secret, 'evt_first')).toBe(200);
  });

  it('says what takes long before it begins', () => {
    const { data, service } = shared;
    const { stdout } = service.output;
    expect(stdout).toContain(`Creating the database in ${data.path}`);
    expect(stdout.indexOf('Creating the database')).toBeLessThan(stdout.indexOf('Migrated'));
  });

  it('keeps its secrets in files that only the user who started it can read', async () => {
    for (const name of SECRET_FILES) {
      const file = await stat(join(shared.data.path, name));
      expect(file.mode & 0o777).toBe(0o600);
      expect(file.uid).toBe(process.getuid?.());
    }
  });

  it('works under a home that only its owner may enter', async () => {
    const { url } = await started(aDataDirectory({ mode: 0o700 }).path);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it.runIf(isRoot && isReachableByAll(import.meta.dirname))('works for an ordinary user', async () => {
    const data = aDataDirectory({ mode: 0o777 });
    await started(data.path, { user: NOBODY });
    for (const name of SECRET_FILES) expect(await stat(join(data.path, name))).toMatchObject(NOBODY);
  });
});

describe('a start is refused with what to do', () => {
  it('where another runs on the directory, which is left alone', async () => {
    const { data, service } = shared;
    const second = launch(SERVICE, { env: { DATA_DIR: data.path } });
    expect(await second.exit).toBe(1);
    expect(second.output.stderr).toMatch(new RegExp(`\\(process ${service.pid}\\) already runs on .* set DATA_DIR`));
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  });

  it('where the port is taken, and its database is stopped again', async () => {
    const data = aDataDirectory();
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const service = launch(SERVICE, { env: { DATA_DIR: data.path, PORT: String(port) } });
    expect(await service.exit).toBe(1);
    holder.close();
    expect(service.output.stderr).toBe(
      `127.0.0.1 port ${port} cannot be listened on (EADDRINUSE). Stop what listens there, or set PORT.\n`,
    );
    expect(data.databaseRuns()).toBe(false);
  });

  it('where the environment is wrong, before anything is made', async () => {
    const data = aDataDirectory();
    const service = launch(SERVICE, { env: { DATA_DIR: data.path, PORT: 'many', ACK: 'later' } });
    expect(await service.exit).toBe(1);
    expect(service.output.stderr).toMatch(/ {2}- PORT must .*\n {2}- ACK must /);
    await expect(stat(data.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('where it is called wrongly', async () => {
    const service = launch([...SERVICE, '--role', 'none']);
    expect(await service.exit).toBe(2);
    expect(service.output.stderr).toMatch(/^Usage: /);
  });
});
