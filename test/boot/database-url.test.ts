import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { launch, SERVICE } from '../support/process.js';
import { openTcpProxy } from '../support/tcp-proxy.js';
import { aDataDirectory, graphql, postEvent, started } from './helpers.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ empty: true });
});
afterAll(() => database.close());

const environment = () => ({
  DATABASE_URL: database.url,
  STRIPE_WEBHOOK_SECRET: 'whsec_of_ours',
  ADMIN_API_KEY: 'the-key-of-ours',
  LIVEMODE: 'both',
});

describe('with DATABASE_URL', () => {
  it('the service runs on that server, makes no directory and prints no secret', async () => {
    const data = aDataDirectory();
    const service = await started(data.path, { env: environment() });
    expect(await postEvent(service.url, 'whsec_of_ours', 'evt_there')).toBe(200);
    expect(await graphql(service.url, 'the-key-of-ours', '{ event(id: "evt_there") { id } }')).toEqual({
      event: { id: 'evt_there' },
    });
    expect(await database.sql('select id from event')).toEqual([{ id: 'evt_there' }]);
    expect(existsSync(data.path)).toBe(false);
    expect(service.output.stdout + service.output.stderr).not.toMatch(/whsec_|the-key-of-ours|postgres:\/\//);
    service.signal('SIGTERM');
    expect(await service.exit).toBe(0);
  });

  it('two processes of different roles start at once and share it', async () => {
    const fresh = await openTestDatabase({ empty: true });
    const env = { ...environment(), DATABASE_URL: fresh.url };
    const [web, worker] = await Promise.all(
      ['web', 'worker'].map(async (role) => {
        const service = launch([...SERVICE, '--role', role], { env });
        return { ...service, url: await service.ready() };
      }),
    );
    expect(await postEvent(String(web?.url), 'whsec_of_ours', 'evt_shared')).toBe(200);
    await expect
      .poll(() => fresh.sql('select state from event'), { timeout: 60_000 })
      .not.toEqual([{ state: 'PENDING' }]);
    expect(web?.output.stdout).toContain('/webhooks/stripe');
    expect(worker?.output.stdout).not.toMatch(/graphql|webhooks/); // it answers health and metrics
    for (const service of [web, worker]) expect(service?.output.stdout).not.toContain('simulate');
    for (const service of [web, worker]) service?.signal('SIGTERM');
    expect(await Promise.all([web?.exit, worker?.exit])).toEqual([0, 0]);
    await fresh.close();
  });

  it('SIGTERM gives back what a handler does not finish in time, so that another worker begins it at once', async () => {
    const fresh = await openTestDatabase({ empty: true });
    const env = { ...environment(), DATABASE_URL: fresh.url, HANDLERS: './test/support/endless.ts' };
    const service = launch(SERVICE, { env });
    const deliveries = () =>
      fresh.sql(`select state, tries, next_try_at <= now() as due from delivery where handler = 'Endless.run'`);
    expect(await postEvent(await service.ready(), 'whsec_of_ours', 'evt_endless')).toBe(200);
    await eventually(async () => expect(await deliveries()).toEqual([{ state: 'PENDING', tries: 1, due: false }]));
    const start = performance.now();
    service.signal('SIGTERM');
    expect(await service.exit).toBe(0);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await deliveries()).toEqual([{ state: 'PENDING', tries: 0, due: true }]);
    await fresh.close();
  });

  it('that lacks the three variables is refused with all of them', async () => {
    const service = launch(SERVICE, { env: { DATABASE_URL: database.url } });
    expect(await service.exit).toBe(1);
    for (const name of ['STRIPE_WEBHOOK_SECRET', 'ADMIN_API_KEY', 'LIVEMODE'])
      expect(service.output.stderr).toContain(`- ${name} is required`);
  });

  it('and one that goes away just then ends the start with a sentence', async () => {
    const fresh = await openTestDatabase({ empty: true });
    const proxy = await openTcpProxy(fresh.url);
    const service = launch(SERVICE, { env: { ...environment(), DATABASE_URL: proxy.through(fresh.url) } });
    await eventually(async () =>
      expect(
        await fresh.sql(
          `select from pg_stat_activity where datname = current_database() and application_name = 'renewal-ledger' and query like '%migration%'`,
        ),
      ).not.toEqual([]),
    );
    await proxy.cut();
    expect(await service.exit).toBe(1);
    expect(service.output.stderr).toMatch(/The database that DATABASE_URL names cannot be used/);
    expect(service.output.stdout + service.output.stderr).not.toContain('nobody took care of');
    await fresh.close();
  });

  it('and a wrong password is refused at once, without repeating it', async () => {
    const password = randomBytes(8).toString('hex');
    const url = Object.assign(new URL(inject('testServerUrl')), { password }).href;
    const service = launch(SERVICE, { env: { ...environment(), DATABASE_URL: url } });
    expect(await service.exit).toBe(1);
    expect(service.output.stderr).toMatch(/^The database that DATABASE_URL names cannot be used \(28P01\)/);
    expect(service.output.stderr + service.output.stdout).not.toContain(password);
  });
});
