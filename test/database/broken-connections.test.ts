import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase } from '../../src/database/orm.js';
import { inTransaction } from '../../src/database/transaction.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const endConnection = (pid: number) => db.sql('select pg_terminate_backend($1)', [pid]);

test('transactions that lose their connection cost the pool nothing', async () => {
  let pool: Pool | undefined;
  const orm = await connectDatabase(db.url, {
    pool: 2,
    onPoolCreated: (created) => {
      pool = created;
    },
  });
  const losing = (work: (end: () => Promise<unknown>, wait: () => Promise<unknown>) => Promise<unknown>) =>
    inTransaction(orm.em, async (tx) => {
      const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await work(
        () => endConnection(row!.pid),
        () => tx.query('select pg_sleep(20)'),
      );
    });

  await expect(
    losing((end, wait) => Promise.all([end(), wait()])),
    'lost within a statement',
  ).rejects.toThrow();
  await expect(
    losing((end) => end()),
    'lost between statements',
  ).rejects.toThrow();
  await eventually(() => expect(pool?.totalCount).toBe(0));

  const answers = await Promise.all([1, 2, 3].map(() => inTransaction(orm.em, (tx) => tx.query('select 1 as one'))));
  expect(answers).toEqual([[{ one: 1 }], [{ one: 1 }], [{ one: 1 }]]);
  await orm.close();
});
