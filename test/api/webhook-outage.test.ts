import { afterEach, beforeEach, expect, test } from 'vitest';
import { IgnoredBecause } from '../../src/events/ignored.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

let proxy: TcpProxy;
let service: TestService;

beforeEach(async () => {
  service = await startService({
    async databaseUrl(url) {
      proxy = await openTcpProxy(url);
      return proxy.through(url);
    },
  });
});
afterEach(async () => {
  await proxy.restore();
  await service.stop();
  await proxy.close();
});

const anEvent = (id: string) => ({
  id,
  object: 'event',
  type: 'plan.created',
  created: 1_790_000_000,
  data: { object: {} },
});
const storedIds = async () =>
  (await service.db.sql<{ id: string }>('select id from event order by id')).map(({ id }) => id);

async function timed<T>(work: Promise<T>): Promise<{ answer: T; milliseconds: number }> {
  const start = performance.now();
  return { answer: await work, milliseconds: performance.now() - start };
}

const outages: [string, () => Promise<void> | void][] = [
  ['refuses connections', () => proxy.cut()],
  ['falls silent', () => proxy.silence()],
];

test.each(outages)(
  'while the database %s each post is answered 503 within 5 s, and afterwards the service works again by itself',
  async (_, begin) => {
    expect((await service.post(anEvent('evt_0'))).status).toBe(200);
    await begin();

    const posts = await Promise.all(
      Array.from({ length: 30 }, (_unused, index) => timed(service.post(anEvent(`evt_lost_${index}`)))),
    );
    expect(posts.map(({ answer }) => [answer.status, answer.json.error.code])).toEqual(
      posts.map(() => [503, 'NOT_STORED']),
    );
    expect(Math.max(...posts.map(({ milliseconds }) => milliseconds))).toBeLessThan(5_000);
    expect(await storedIds()).toEqual(['evt_0']);
    const ready = await fetch(`${service.url}/readyz`);
    expect(ready.status).toBe(503);

    await proxy.restore();
    await eventually(async () => expect((await service.post(anEvent('evt_1'))).status).toBe(200));
    await eventually(async () => expect((await fetch(`${service.url}/readyz`)).status).toBe(200));
    const [row] = await eventually(
      async () => {
        const rows = await service.db.sql(
          `select state, ignored_because from event where id = 'evt_1' and state <> 'PENDING'`,
        );
        expect(rows, 'a worker looked at it').toHaveLength(1);
        return rows;
      },
      { withinMs: 60_000 },
    );
    expect(row).toEqual({ state: 'IGNORED', ignored_because: IgnoredBecause.NO_HANDLER });
  },
  90_000,
);

test('a connection that broke while nothing was posted costs no post', async () => {
  await service.post(anEvent('evt_0'));
  await service.db.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'renewal-ledger writer'`,
  );
  expect((await service.post(anEvent('evt_1'))).status).toBe(200);
});
