import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKeys } from '../../src/access/api-keys.js';
import { ApiKeyScope } from '../../src/entities/states.js';
import { startService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const metrics = (headers: Record<string, string> = {}) => fetch(`${service.url}/metrics`, { headers });
const countOf = async (answer: string) => {
  const text = await (await metrics({ authorization: `Bearer ${service.apiKey}` })).text();
  return Number(
    new RegExp(`^renewal_ledger_webhook_posts_total\\{answer="${answer}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
  );
};

test('health and readiness need no key', async () => {
  const health = await fetch(`${service.url}/healthz`);
  expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
  const ready = await fetch(`${service.url}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { ready: true, checks: { database: true, migrations: true, workers: true } },
  ]);
});

test('a database that lacks a migration is not ready', async () => {
  const [last] = await service.db.sql<{ name: string }>(
    'delete from mikro_orm_migrations where id = (select max(id) from mikro_orm_migrations) returning name',
  );
  const ready = await fetch(`${service.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { ready: false, checks: { database: true, migrations: false, workers: true } },
  ]);
  await service.db.sql('insert into mikro_orm_migrations (name) values ($1)', [last?.name]);
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
});

test('a service whose workers have stopped is not ready', async () => {
  const other = await startService();
  await other.dispatcher?.stop();
  const ready = await fetch(`${other.url}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([503, { checks: { database: true, workers: false } }]);
  await other.stop();
});

test('metrics need an API key of any scope', async () => {
  const key = await createApiKeys({ em: () => service.db.em() }).create({
    name: 'prometheus',
    scope: ApiKeyScope.read,
  });
  const answer = await metrics({ authorization: `Bearer ${key}` });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(await answer.text()).toContain('renewal_ledger_writer_queue_events 0');
});

test.each([
  ['no key', {}],
  ['a key that counts for nobody', { authorization: 'Bearer nobody' }],
  ['another scheme', { authorization: 'Basic dGVzdA==' }],
])('metrics with %s are refused', async (_, headers) => {
  const answer = await metrics(headers);
  expect([answer.status, await answer.json()]).toMatchObject([401, { error: { code: 'UNAUTHENTICATED' } }]);
});

test('a process that only works answers health and metrics, and nothing else', async () => {
  const worker = await startService({ role: 'worker' });
  const statusOf = async (path: string, init: RequestInit = {}) => (await fetch(`${worker.url}${path}`, init)).status;
  const authorization = `Bearer ${worker.apiKey}`;
  try {
    expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 200]);
    expect(await statusOf('/metrics', { headers: { authorization } })).toBe(200);
    expect(await statusOf('/graphql', { method: 'POST', headers: { authorization } })).toBe(404);
    expect((await worker.post({ id: 'evt_to_a_worker', type: 'plan.created' })).status).toBe(404);
  } finally {
    await worker.stop();
  }
});

test('posts are counted by their answer', async () => {
  const answers = ['STORED', 'DUPLICATE', 'SIGNATURE_INVALID', 'PAYLOAD_TOO_LARGE'];
  const before = await Promise.all(answers.map(countOf));
  const event = { id: 'evt_counted', type: 'plan.created' };
  await service.post(event);
  await service.post(event);
  await service.post(event);
  await service.post(event, { 'stripe-signature': 'nonsense' });
  await service.post('x'.repeat(2 ** 20 + 1));
  const after = await Promise.all(answers.map(countOf));
  expect(after.map((count, index) => count - before[index]!)).toEqual([1, 2, 1, 1]);
});
