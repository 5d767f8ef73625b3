import { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endWhenSilent } from '../../src/database/silent-connections.js';
import { isDatabaseAway } from '../../src/database/sql-errors.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

let db: TestDatabase;
let proxy: TcpProxy;
let pool: Pool;
beforeAll(async () => {
  db = await openTestDatabase();
  proxy = await openTcpProxy(db.url);
  pool = new Pool({ connectionString: proxy.through(db.url), stream: endWhenSilent(300) });
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool.end();
  await proxy.close();
  await db.close();
});

test('a statement whose server falls silent fails as one whose database is away, and the next one finds another connection', async () => {
  await pool.query('select 1');
  proxy.silence();
  const failure = await pool.query('select 1').catch((error: unknown) => error);
  expect(isDatabaseAway(failure)).toBe(true);
  await proxy.restore();
  expect((await pool.query('select 2 as two')).rows).toEqual([{ two: 2 }]);
});

test('a connection that is used now and then lives on', async () => {
  const client = await pool.connect();
  for (let used = 0; used < 6; used += 1) await client.query('select pg_sleep(0.1)');
  client.release();
  expect(pool.totalCount).toBe(1);
});
