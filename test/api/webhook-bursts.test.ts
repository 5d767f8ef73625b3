import { HandlerMap } from '@renewal-ledger/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

const runs = new Map<string, number>();
let service: TestService;

beforeAll(async () => {
  const handlers = new HandlerMap().on(
    'plan.created',
    (event) => void runs.set(event.id, (runs.get(event.id) ?? 0) + 1),
    { name: 'countRuns' },
  );
  service = await startService({ handlers });
});
afterAll(() => service.stop());

const anEvent = (id: string, type = 'plan.created') => ({
  id,
  object: 'event',
  type,
  created: 1_790_000_000,
  data: { object: {} },
});
const statesOf = async (ids: readonly string[]) => {
  const rows = await service.db.sql<{ id: string; state: string }>(
    'select id, state from event where id = any($1) order by id',
    [ids],
  );
  return rows.map(({ id, state }) => [id, state]);
};

test('100 concurrent posts of one event store one and run it once', async () => {
  const event = anEvent('evt_repeated');
  const answers = await Promise.all(Array.from({ length: 100 }, () => service.post(event)));
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
  expect(answers.filter(({ json }) => json.duplicate === false)).toHaveLength(1);
  await eventually(async () => expect(await statesOf(['evt_repeated'])).toEqual([['evt_repeated', 'HANDLED']]));
  await service.post(event);
  await service.post(anEvent('evt_after'));
  await eventually(async () => expect(await statesOf(['evt_after'])).toEqual([['evt_after', 'HANDLED']]));
  expect(runs.get('evt_repeated')).toBe(1);
  const bodies = await service.db.sql('select from event_body where event_id = $1', ['evt_repeated']);
  expect(bodies).toHaveLength(1);
});

test('a burst is stored and handled whole, each event once', async () => {
  const ids = Array.from({ length: 300 }, (_, index) => `evt_burst_${String(index).padStart(3, '0')}`);
  const posts = [...ids, ...ids.toReversed()].map((id) => service.post(anEvent(id)));
  const answers = await Promise.all(posts);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(answers.filter(({ json }) => json.duplicate === false)).toHaveLength(300);
  await eventually(async () => expect(await statesOf(ids)).toEqual(ids.map((id) => [id, 'HANDLED'])), {
    withinMs: 20_000,
  });
  expect(ids.map((id) => runs.get(id))).toEqual(ids.map(() => 1));
});

test('a poison row in a burst fails alone', async () => {
  await service.db.sql(`alter table event add constraint no_poison check (type <> 'poison')`);
  const ids = Array.from({ length: 100 }, (_, index) => `evt_beside_${String(index).padStart(3, '0')}`);
  const events = ids.map((id, index) => anEvent(id, index === 40 || index === 77 ? 'poison' : 'plan.created'));
  const answers = await Promise.all(events.map((event) => service.post(event)));
  const refused = answers.flatMap(({ status }, index) => (status === 200 ? [] : [[index, status]]));
  expect(refused).toEqual([
    [40, 503],
    [77, 503],
  ]);
  expect(answers[40]?.json).toMatchObject({ error: { code: 'NOT_STORED' } });
  const beside = ids.filter((_, index) => index !== 40 && index !== 77);
  await eventually(async () => expect(await statesOf(ids)).toEqual(beside.map((id) => [id, 'HANDLED'])));

  await service.db.sql('alter table event drop constraint no_poison');
  expect((await service.post(anEvent('evt_beside_040'))).json).toEqual({ received: true, duplicate: false });
});
