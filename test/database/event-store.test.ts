import { createHash } from 'node:crypto';
import { pino } from 'pino';
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEventStore, createWriterPool } from '../../src/events/event-store.js';
import { type NewEvent, readNewEvent } from '../../src/events/new-event.js';
import { ensurePartitions } from '../../src/events/partitions.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';

const log = pino({ level: 'silent' });
let db: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  db = await openTestDatabase();
  pool = createWriterPool({ url: db.url, connections: 2, log });
});
afterAll(async () => {
  await pool.end();
  await db.close();
});
beforeEach(async () => {
  await db.sql('delete from event');
  await db.sql('delete from event_body');
});

function anEvent(id: string, overrides: object = {}): NewEvent {
  const event = readNewEvent(Buffer.from(JSON.stringify({ id, type: 'invoice.paid', ...overrides })), 'live');
  if (event === undefined) throw new Error('The test made no event.');
  return event;
}
const storeWaking = () => {
  const woken: { id: string; lane: string }[] = [];
  return { woken, store: createEventStore(pool, (events) => woken.push(...events)) };
};

test('a group is stored with its bodies and their hashes, and those that are to be handled are woken', async () => {
  const events = [
    anEvent('evt_b'),
    anEvent('evt_a', { livemode: false }),
    anEvent('evt_c', { data: { object: { object: 'subscription', id: 'sub_1' } } }),
  ];
  const { store, woken } = storeWaking();
  expect(await store.insert(events)).toEqual(new Set(['evt_a', 'evt_b', 'evt_c']));
  const rows = await db.sql<{ id: string; body_hash: Buffer; body: Buffer }>(
    'select id, body_hash, body from event join event_body on event_id = id and event_body.received_at = event.received_at order by id',
  );
  expect(rows.map(({ body }) => body)).toEqual(
    events.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ body }) => body),
  );
  expect(rows.map(({ body_hash }) => body_hash)).toEqual(
    rows.map(({ body }) => createHash('sha256').update(body).digest()),
  );
  expect(woken).toMatchObject([
    { id: 'evt_b', lane: 'evt_b' },
    { id: 'evt_c', lane: 'sub_1' },
  ]);
});

test.each([
  [
    'says all that a row can hold',
    {
      api_version: '2025-03-31.basil',
      livemode: false,
      account: 'acct_1',
      created: 1_767_225_600,
      data: { object: { object: 'invoice', id: 'in_1', customer: 'cus_1', subscription: 'sub_1' } },
    },
  ],
  ['says next to nothing', { data: { text: 'größer\0' } }],
])('an event that %s is stored alone as in a group', async (_case, overrides) => {
  const { store } = storeWaking();
  await store.insert([anEvent('evt_alone', overrides)]);
  await store.insert([anEvent('evt_first', overrides), anEvent('evt_second')]);
  const [alone, first] = await db.sql<{ row: object; body: string; isWhole: boolean }>(
    `select to_jsonb(e) - array['id', 'received_at', 'occurred_at', 'body_hash'] as row,
      nullif(e.occurred_at, e.received_at) as occurred_at, e.body_hash = sha256(body) as "isWhole",
      replace(convert_from(body, 'UTF8'), e.id, '') as body
    from event e join event_body b on b.event_id = e.id and b.received_at = e.received_at order by e.id`,
  );
  expect(alone).toEqual(first);
  expect(alone).toMatchObject({ isWhole: true, body: JSON.stringify({ id: '', type: 'invoice.paid', ...overrides }) });
});

test.each([1, 2])(
  'one in a state that there is none of is refused by the database, as a fault of its row (of %i)',
  async (count) => {
    const { store } = storeWaking();
    const odd = Object.assign(anEvent('evt_odd'), { state: 'DONE' });
    const error: unknown = await store
      .insert([odd, anEvent('evt_other')].slice(0, count))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: '23514' });
    expect(store.isOfARow(error)).toBe(true);
    expect(await store.insert([anEvent('evt_odd')])).toEqual(new Set(['evt_odd']));
  },
);

test('what is there already is left as it is, without a second body or wake-up', async () => {
  const { store, woken } = storeWaking();
  await store.insert([anEvent('evt_1'), anEvent('evt_2')]);
  expect(await store.insert([anEvent('evt_1', { data: 1 }), anEvent('evt_3')])).toEqual(new Set(['evt_3']));
  expect(await db.sql('select from event_body')).toHaveLength(3);
  expect(woken.map(({ id }) => id)).toEqual(['evt_1', 'evt_2', 'evt_3']);
});

test('two groups of the same events in opposite orders never deadlock', async () => {
  const { store } = storeWaking();
  const deadlocks = async () => {
    const client = await pool.connect();
    await client.query('select pg_stat_force_next_flush()');
    client.release();
    const [row] = await db.sql<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    return Number(row?.deadlocks);
  };
  const before = await deadlocks();
  for (let round = 0; round < 30; round += 1) {
    const events = Array.from({ length: 40 }, (_, index) => anEvent(`evt_${round}_${index}`));
    const stored = await Promise.all([store.insert(events), store.insert(events.toReversed())]);
    expect(stored.map((ids) => ids.size).reduce((sum, size) => sum + size)).toBe(40);
  }
  expect(await Promise.all([deadlocks(), deadlocks()])).toEqual([before, before]);
});

describe('the partition of a month', () => {
  const partitions = async () =>
    (
      await db.sql<{ name: string }>(
        `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'event_body'::regclass order by 1`,
      )
    ).map(({ name }) => name);
  const dropAll = async () => {
    for (const name of await partitions()) await db.sql(`drop table ${name}`);
  };
  const query = async (text: string, parameters: readonly unknown[] = []) =>
    (await pool.query(text, [...parameters])).rows;

  test('that nobody made is made when an event needs it', async () => {
    await dropAll();
    expect(await storeWaking().store.insert([anEvent('evt_1')])).toEqual(new Set(['evt_1']));
    expect(await partitions()).toHaveLength(2);
  });

  test('is made for as many months as are asked for, in UTC, by several processes at once', async () => {
    await dropAll();
    await Promise.all([1, 2, 3, 4].map(() => ensurePartitions(query, { months: 3 })));
    const [months] = await db.sql<{ names: string[] }>(
      `select array_agg('event_body_partition.event_body_' || to_char(now() at time zone 'UTC' + n * interval '1 month', 'YYYY_MM')) as names from generate_series(0, 2) n`,
    );
    expect(await partitions()).toEqual(months?.names);
    const [bound] = await db.sql<{ bound: string }>(
      `select pg_get_expr(relpartbound, oid) as bound from pg_class where oid = $1::regclass`,
      [months?.names[0]],
    );
    expect(bound?.bound).toMatch(/FROM \('\d{4}-\d\d-01 00:00:00\+00'\) TO \('\d{4}-\d\d-01 00:00:00\+00'\)/);
    await ensurePartitions(query, { months: 3 });
    expect(await partitions()).toHaveLength(3);
  });

  test('is made while somebody reads bodies in a long transaction', async () => {
    await dropAll();
    await ensurePartitions(query, { months: 1 });
    await db.orm.em.transactional(async (em) => {
      await em.execute('select count(*) from event_body');
      await ensurePartitions(query, { months: 2 });
    });
    expect(await partitions()).toHaveLength(2);
  });
});
