import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/database/migrate.js';
import type { TestDatabase } from '../support/database.js';
import { anOldCustomer, COLUMNS, LEDGER, type OldCustomer, openOldDatabase } from './old-database.js';
import { partly } from './dated-rows.js';
import { bare, date, onItsWay } from './old-rows.js';

describe.each([
  { step: LEDGER, cases: [...bare, ...onItsWay] },
  { step: COLUMNS, cases: [...bare, ...onItsWay, ...partly] },
])('rows put in at $step', ({ step, cases }) => {
  let db: TestDatabase;
  const customers: OldCustomer[] = [];
  const everything = () =>
    db.sql(`select to_jsonb(r) as row from renewal r union all select to_jsonb(c) from renewal_change c
      union all select to_jsonb(s) from subscription s union all select to_jsonb(i) from invoice i
      union all select to_jsonb(m) from subscription_move m union all select to_jsonb(e) from event e order by 1`);

  beforeAll(async () => {
    db = await openOldDatabase(step);
    for (const [index, one] of cases.entries()) {
      const customer = await anOldCustomer(db, String(index));
      await one.setUp(customer);
      customers.push(customer);
    }
    await migrate(db.orm);
  });
  afterAll(() => db.close());

  it.each(cases.map((one, index) => ({ ...one, index })))('$name', async ({ rows, index }) => {
    const customer = customers[index];
    const found = (await customer?.rows()) ?? [];
    expect(found.map((row) => [row.date, row.invoice])).toEqual(
      rows.map(([day, invoice = null]) => [
        day === null ? null : date(day),
        invoice === null ? null : `in_${invoice}_${customer?.customer}`,
      ]),
    );
  });

  it('a second run changes nothing', async () => {
    const before = await everything();
    await db.sql(`delete from mikro_orm_migrations where name like '%_fill_renewals'`);
    await migrate(db.orm);
    expect(await everything()).toEqual(before);
  });
});
