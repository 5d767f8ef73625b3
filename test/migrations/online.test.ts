import { afterEach, beforeEach, expect, it } from 'vitest';
import { Client } from 'pg';
import { migrate } from '../../src/database/migrate.js';
import type { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { anOldCustomer, LEDGER, openOldDatabase } from './old-database.js';

let db: TestDatabase;
let holder: Client;
beforeEach(async () => {
  db = await openOldDatabase(LEDGER);
  await (await anOldCustomer(db, 'first')).renewal();
  holder = new Client({ connectionString: db.url });
  holder.on('error', () => undefined);
  await holder.connect();
});
afterEach(async () => {
  await holder.end();
  await db.close();
});

/** What another process writes meanwhile; fails if it has to wait for long. */
async function write(): Promise<void> {
  const writer = new Client({ connectionString: db.url, options: '-c lock_timeout=5s' });
  await writer.connect();
  try {
    await writer.query(
      `insert into renewal (checkout_intent_id, subscription_plan_renewal_id) select id, gen_random_uuid() from checkout_intent`,
    );
  } finally {
    await writer.end();
  }
}

const running = (like: string) =>
  eventually(async () => {
    const found = await db.sql(
      'select from pg_stat_activity where datname = current_database() and query like $1 and wait_event_type is not null and state = $2',
      [like, 'active'],
    );
    expect(found).toHaveLength(1);
  });

it('indexes are built while others write', async () => {
  // Building one concurrently waits for those who may still look at older rows.
  await holder.query('begin isolation level repeatable read');
  await holder.query('select from checkout_intent');
  const migrating = migrate(db.orm);
  await running('create %index concurrently%');
  await write();
  await holder.query('commit');
  await migrating;
  expect(await db.sql('select count(*)::int from renewal')).toEqual([{ count: 2 }]);
});

it('while a long transaction reads renewals, nobody queues behind the migration that waits for it', async () => {
  await holder.query('begin');
  await holder.query('select from renewal');
  const migrating = migrate(db.orm);
  await running('alter table "renewal"%');
  await write();
  await holder.query('commit');
  await migrating;
  expect(await db.sql('select count(*)::int from renewal')).toEqual([{ count: 2 }]);
});

it('an index that an interrupted build left behind is built anew', async () => {
  await migrate(db.orm);
  await db.sql(`update pg_index set indisvalid = false where indexrelid = 'renewal_effective_date_id_index'::regclass`);
  await db.sql(`delete from mikro_orm_migrations where name like '%_renewal_invoice_and_date'`);
  await migrate(db.orm);
  expect(await db.sql('select from pg_index where not indisvalid')).toEqual([]);
  expect(await db.orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
});
