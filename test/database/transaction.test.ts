import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitBehind, inTransaction, preferIndexes } from '../../src/database/transaction.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await openTestDatabase();
  await db.sql('create table step (id int primary key)');
});
afterAll(() => db.close());

test('Statements that are asked for together are run in the order of their calls', async () => {
  const [, , seen] = await inTransaction(db.orm.em, (tx) =>
    Promise.all([
      tx.query('insert into step values ($1)', [1]),
      tx.query('update step set id = 2 where id = 1'),
      tx.query('select id from step'),
    ]),
  );
  expect(seen).toEqual([{ id: 2 }]);
});

test('Of several that fail the first is told, nothing stays, and the connection goes on', async () => {
  const work = inTransaction(db.orm.em, (tx) =>
    Promise.all([
      tx.query('insert into step values ($1)', [7]),
      tx.query('insert into step values ($1)', [7]),
      tx.query('insert into step values ($1)', [8]),
    ]),
  );
  await expect(work).rejects.toThrow('duplicate key value');
  expect(await db.sql('select id from step where id > 6')).toEqual([]);
});

test('Settings of a transaction end with it', async () => {
  const names = ['synchronous_commit', 'enable_seqscan', 'plan_cache_mode'];
  const settings = () =>
    inTransaction(db.orm.em, (tx) =>
      tx.query<{ setting: string }>('select current_setting(name) as setting from unnest($1::text[]) name', [names]),
    );
  const before = await settings();
  await inTransaction(db.orm.em, async (tx) => {
    await Promise.all([preferIndexes(tx), commitBehind(tx)]);
    const inside = await tx.query<{ setting: string }>(
      'select current_setting(name) as setting from unnest($1::text[]) name',
      [names],
    );
    expect(inside.map(({ setting }) => setting)).toEqual(['off', 'off', 'force_generic_plan']);
  });
  expect(await settings()).toEqual(before);
});

test('What is planned while a table is empty, and kept, looks rows up by their keys all the same', async () => {
  await db.sql('create table empty (id text primary key, place text, at timestamptz)');
  await db.sql('create index empty_place_index on empty (place)');
  await db.sql('create index empty_at_index on empty (at, id)');
  await db.sql('analyze empty');
  const plan = await inTransaction(db.orm.em, async (tx) => {
    await preferIndexes(tx);
    return tx.query(`explain select id from empty where place = any(array['a', 'b'])`);
  });
  const text = plan.map((row) => row['QUERY PLAN']).join('\n');
  expect(text).toContain('Bitmap Index Scan on empty_place_index');
  expect(text).toMatch(/Index Cond: \(place = ANY/);
});
