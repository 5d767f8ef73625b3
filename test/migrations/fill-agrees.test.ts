import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '../../src/database/migrate.js';
import type { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startService } from '../support/service.js';
import { anOldCustomer, COLUMNS, FILL, openOldDatabase } from './old-database.js';
import { partly } from './dated-rows.js';
import { bare } from './old-rows.js';

/** The same old rows twice: one database is filled by the migration, the other by a backfill of the running service. */
let migrated: TestDatabase;
let backfilled: TestDatabase;

beforeAll(async () => {
  [migrated, backfilled] = [await openOldDatabase(COLUMNS), await openOldDatabase(COLUMNS)];
  for (const db of [migrated, backfilled]) {
    for (const [index, { setUp }] of [...bare, ...partly].entries())
      await setUp(await anOldCustomer(db, String(index)));
  }
  await migrate(migrated.orm);
  await backfilled.sql('insert into mikro_orm_migrations (name, executed_at) values ($1, now())', [FILL]);
  await migrate(backfilled.orm);
});
afterAll(() => Promise.all([migrated.close(), backfilled.close()]));

/** What a backfill of all renewals reports, on this database. */
async function backfill({ url }: TestDatabase, dryRun: boolean) {
  const service = await startService({ databaseUrl: () => url });
  try {
    const start =
      'mutation ($dryRun: Boolean!) { startBackfill(input: { kind: RENEWAL_LINKS, dryRun: $dryRun }) { id } }';
    const { id } = (await service.graphql(start, { dryRun })).json.data.startBackfill;
    const look =
      'query ($id: ID!) { backfill(id: $id) { state problems { nodes { code } } changes { nodes { recordId changes } } } }';
    const ended = await eventually(async () => {
      const run = (await service.graphql(look, { id })).json.data.backfill;
      expect(run.state).toBe('DONE');
      return run;
    });
    expect(ended.problems.nodes).not.toContainEqual({ code: 'FAILED' });
    return ended;
  } finally {
    await service.stop();
  }
}

it('a backfill finds nothing that the migration overlooked, and nothing that it would undo', async () => {
  expect((await backfill(migrated, true)).changes.nodes).toEqual([]);
});

it('the migration fills the same renewals as a backfill does, leaves the same facts, and holds the same back', async () => {
  await backfill(backfilled, false);
  for (const text of [RENEWALS, SUBSCRIPTIONS, INVOICES, MOVES, HELD_BACK]) {
    const rows = await migrated.sql(text);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(await backfilled.sql(text));
  }
});

const RENEWALS = `
  select to_jsonb(r) - '{subscription_plan_renewal_id,created_at,updated_at}'::text[] as row from renewal r order by id`;

/** Whoever looks at all subscriptions of an intent does not look at all of its neighbours'. */
const OWNED = 'select id from subscription where checkout_intent_id in (select checkout_intent_id from renewal)';

const SUBSCRIPTIONS = `select to_jsonb(s) - 'recorded_at' as row from subscription s where id in (${OWNED}) order by id`;
const INVOICES = `
  select to_jsonb(i) - array['recorded_at', 'wanted_renewal_id'] as row from invoice i where stripe_subscription_id in (${OWNED}) and lines_verdict <> 'INCOMPLETE' order by id`;
const HELD_BACK = `
  select id, state, ignored_because, stripe_customer_id, stripe_subscription_id, stripe_invoice_id, checkout_intent_id,
    (convert_from(body, 'UTF8')::jsonb #> '{data,object}') - 'checkoutIntentUuid'::text as object
  from event join event_body b on b.event_id = id where type = 'renewal.paid' order by id`;
const MOVES = `select to_jsonb(m) as row from subscription_move m where subscription_id in (${OWNED}) order by event_id`;
