import { Client, Pool } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareRepeated } from '../../src/database/repeated-statements.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
let client: Client;

beforeEach(async () => {
  db = await openTestDatabase();
  client = new Client({ connectionString: db.url });
  await client.connect();
  prepareRepeated(client);
});
afterEach(async () => {
  await client.end();
  await db.close();
});

const preparedTexts = async () =>
  (await client.query<{ statement: string }>('select statement from pg_prepared_statements')).rows.map(
    ({ statement }) => statement,
  );
const SUM = 'select $1::int + $2::int as sum';

test('A statement that comes a second time is prepared, and answers as before', async () => {
  for (const [a, b] of [
    [1, 2],
    [3, 4],
    [5, 6],
  ]) {
    expect((await client.query(SUM, [a, b])).rows).toEqual([{ sum: a! + b! }]);
  }
  expect(await preparedTexts()).toEqual([SUM]);
});

test('One that is asked for with a callback, as a pool does, is prepared too', async () => {
  const pool = new Pool({ connectionString: db.url, max: 1, onConnect: prepareRepeated });
  for (let time = 0; time < 3; time += 1) expect((await pool.query(SUM, [time, 1])).rows).toEqual([{ sum: time + 1 }]);
  expect((await pool.query('select statement from pg_prepared_statements')).rows).toEqual([{ statement: SUM }]);
  await expect(pool.query(SUM, ['no number', 1])).rejects.toThrow('invalid input syntax');
  await pool.end();
});

test('What comes once, or has no parameters, is not', async () => {
  await client.query(SUM, [1, 2]);
  for (let time = 0; time < 3; time += 1) await client.query('select 1');
  expect(await preparedTexts()).toEqual([]);
});

test('A connection keeps no more than 200', async () => {
  for (let number = 0; number < 230; number += 1) {
    for (let time = 0; time < 2; time += 1) await client.query(`select $1::int + ${number}`, [1]);
  }
  expect(await preparedTexts()).toHaveLength(200);
});

test('A migration that changes what a statement answers costs one failure, and not the connection', async () => {
  await client.query('create table thing (id int)');
  const text = 'select * from thing where id = $1';
  for (let time = 0; time < 2; time += 1) await client.query(text, [1]);
  await client.query('alter table thing add column name text');
  await expect(client.query(text, [1])).rejects.toThrow('cached plan must not change result type');
  expect((await client.query(text, [1])).fields.map(({ name }) => name)).toEqual(['id', 'name']);
});
