import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensurePartitions } from '../../src/events/partitions.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

it('processes that make the same partitions at the same moment all succeed', async () => {
  const attached = `select count(*)::int as count from pg_inherits where inhparent = 'event_body'::regclass`;
  // A migration has made those of this month and the next.
  for (let months = 3; months <= 24; months += 1) {
    await Promise.all([1, 2, 3, 4].map(() => ensurePartitions(database.sql, { months })));
    expect(await database.sql(attached)).toEqual([{ count: months }]);
  }
});

it('a body that PostgreSQL cannot compress stays in its row', async () => {
  const [column] = await database.sql<{ lz4: boolean }>(
    `select attcompression = 'l' as lz4 from pg_attribute where attrelid = 'event_body'::regclass and attname = 'body'`,
  );
  const made = await database.sql<{ options: string[] | null }>(
    `select distinct reloptions as options from pg_inherits join pg_class on oid = inhrelid where inhparent = 'event_body'::regclass`,
  );
  expect(made).toEqual([{ options: column!.lz4 ? null : ['toast_tuple_target=8160'] }]);
});
