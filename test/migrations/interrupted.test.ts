import { afterEach, beforeEach, expect, it } from 'vitest';
import { Client } from 'pg';
import { migrate } from '../../src/database/migrate.js';
import { connectDatabase } from '../../src/database/orm.js';
import type { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { launch } from '../support/process.js';
import { anOldCustomer, FILL, LEDGER, openOldDatabase } from './old-database.js';

/** More than one batch of the fill. */
const CUSTOMERS = 60;

let db: TestDatabase;
beforeEach(async () => {
  db = await openOldDatabase(LEDGER);
  for (let index = 1; index <= CUSTOMERS; index += 1) {
    const customer = await anOldCustomer(db, String(index));
    await customer.renewal();
    await customer.invoice({
      id: `in_${index}`,
      billingReason: 'subscription_create',
      serviceStart: '2026-02-01',
      serviceEnd: '2026-03-01',
    });
  }
});
afterEach(() => db.close());

async function countDated(): Promise<number> {
  const [row] = await db.sql<{ count: number }>('select count(given_date)::int as count from renewal');
  return row?.count ?? 0;
}

async function expectEveryRenewalFilledOnce(): Promise<void> {
  expect(await countDated()).toBe(CUSTOMERS);
  const history = await db.sql('select by, count(*)::int from renewal_change group by by');
  expect(history).toEqual([{ by: `migration:${FILL}`, count: CUSTOMERS }]);
  const facts = await db.sql('select count(*)::int from invoice');
  expect(facts).toEqual([{ count: CUSTOMERS }]);
}

it('a fill that was killed between two batches is finished by the next run', async () => {
  const holder = new Client({ connectionString: db.url });
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('begin');
  // Without a parameter: with one, the driver's portal would keep its snapshot, and building an index waits for those.
  await holder.query(`select from checkout_intent where id = ${CUSTOMERS} for update`);

  const killed = launch(['node', 'node_modules/@mikro-orm/cli/cli.js', 'migration:up'], {
    env: { DATABASE_URL: db.url },
  });
  await eventually(
    async () => {
      const waiting = await db.sql(
        `select from pg_stat_activity where datname = current_database() and query like '%checkout_intent%' and wait_event_type = 'Lock'`,
      );
      expect(waiting, JSON.stringify(killed.output)).toHaveLength(1);
    },
    { withinMs: 30_000 },
  );
  expect(await countDated()).toBe(50);
  killed.signal('SIGKILL');
  await killed.exit;
  await holder.query('rollback');
  await holder.end();

  expect(await migrate(db.orm)).toContain(FILL);
  await expectEveryRenewalFilledOnce();
}, 120_000);

it('replicas that start at once fill once', async () => {
  const replicas = await Promise.all([1, 2].map(() => connectDatabase(db.url)));
  const applied = await Promise.all(replicas.map((orm) => migrate(orm)));
  await Promise.all(replicas.map((orm) => orm.close()));
  expect(applied.filter((names) => names.includes(FILL))).toHaveLength(1);
  await expectEveryRenewalFilledOnce();
});

it('an intent whose own rows make it fail is left out, and holds up neither the others nor the upgrade', async () => {
  await db.sql(`create function refuse() returns trigger language plpgsql as
    $$ begin if new.id = 7 then raise check_violation; end if; return new; end $$`);
  await db.sql('create trigger refuse before update on renewal for each row execute function refuse()');
  expect(await migrate(db.orm)).toContain(FILL);
  expect(await db.sql('select id from renewal where given_date is null')).toEqual([{ id: '7' }]);
});

it('what is left is said in one sentence', async () => {
  await db.sql(`delete from event_body where event_id in (select id from event where stripe_invoice_id = 'in_3')`);
  const said: string[] = [];
  const orm = await connectDatabase(db.url, { onWarning: (sentence) => void said.push(sentence) });
  await migrate(orm);
  await orm.close();
  expect(said.filter((sentence) => sentence.includes('backfill links'))).toEqual([
    expect.stringMatching(/^1 renewals still have no date, and \d+ that are due have no invoice: /),
  ]);
});

it('facts that are there are taken as they are, also where the bodies are erased, and nothing is held back twice', async () => {
  await migrate(db.orm);
  const before = await db.sql('select id, given_date, effective_date from renewal order by id');
  const raised = await db.sql("select id from event where source = 'LEDGER' order by id");
  await db.sql('truncate event_body');
  await db.sql('update renewal set given_date = null, effective_date = null');
  await db.sql('delete from mikro_orm_migrations where name = $1', [FILL]);
  await migrate(db.orm);
  expect(await db.sql('select id, given_date, effective_date from renewal order by id')).toEqual(before);
  expect(raised.length).toBe(CUSTOMERS);
  expect(await db.sql("select id from event where source = 'LEDGER' order by id")).toEqual(raised);
});
