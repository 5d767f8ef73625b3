import type { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase } from '../../src/database/orm.js';
import { inTransaction } from '../../src/database/transaction.js';
import { lockScope, readScope } from '../../src/ledger/scope.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
let worker: MikroORM;

beforeAll(async () => {
  db = await openTestDatabase();
  await db.sql('analyze');
  worker = await connectDatabase(db.url, { pool: 1, prepares: true });
});
afterAll(async () => {
  await worker.close();
  await db.close();
});

interface Prepared {
  readonly name: string;
  readonly statement: string;
  readonly parameters: number;
}

/** The plans that the worker's connection keeps of statements that ask for rows of the ledger by their keys. */
async function keptPlans(): Promise<{ statement: string; plan: string }[]> {
  return inTransaction(worker.em, async (tx) => {
    await tx.query(`select set_config('plan_cache_mode', 'force_generic_plan', true)`);
    const prepared = await tx.query<Prepared>(
      `select name, statement, cardinality(parameter_types) as parameters from pg_prepared_statements where statement like '%any(%'`,
    );
    const plans = [];
    for (const { name, statement, parameters } of prepared) {
      const nulls = Array.from({ length: parameters }, () => 'null').join(', ');
      const lines = await tx.query<{ 'QUERY PLAN': string }>(`explain execute "${name}"(${nulls})`);
      plans.push({ statement, plan: lines.map((line) => line['QUERY PLAN']).join('\n') });
    }
    return plans;
  });
}

test('What somebody planned while all was empty, and a connection keeps, walks through no table for those who come later', async () => {
  const keys = { intentIds: ['1'], subscriptionIds: ['sub_1'], invoiceIds: ['in_1'] };
  for (let time = 0; time < 8; time += 1) {
    await inTransaction(worker.em, (tx) => readScope(tx, keys));
    await inTransaction(worker.em, (tx) => lockScope(tx, keys));
  }
  const plans = await keptPlans();
  expect(plans.length).toBeGreaterThan(6);
  expect(plans.filter(({ plan }) => plan.includes('Seq Scan'))).toEqual([]);
});
