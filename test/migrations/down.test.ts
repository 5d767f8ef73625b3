import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrate } from '../../src/database/migrate.js';
import type { TestDatabase } from '../support/database.js';
import { insertRow } from '../support/rows.js';
import { anOldCustomer, LEDGER, type OldCustomer, openOldDatabase } from './old-database.js';

let db: TestDatabase;
let customer: OldCustomer;
beforeEach(async () => {
  db = await openOldDatabase(LEDGER);
  customer = await anOldCustomer(db, 'first');
  await customer.renewal();
  await customer.invoice({
    id: 'in_0',
    billingReason: 'subscription_create',
    serviceStart: '2026-02-01',
    serviceEnd: '2026-03-01',
  });
  await migrate(db.orm);
});
afterEach(() => db.close());

const downTo = (step: string | 0) => db.orm.migrator.down({ to: step });

it('what the fill found is let go, and found again', async () => {
  const before = await customer.rows();
  expect(before).toMatchObject([{ date: new Date('2026-03-01') }]);
  await downTo(LEDGER);
  expect(
    await db.sql(`select from information_schema.columns where table_name = 'renewal' and column_name = 'given_date'`),
  ).toEqual([]);
  await migrate(db.orm);
  expect(await customer.rows()).toEqual(before);
});

it.each([
  ['a link that a person made', { stripe_invoice_id: 'in_9', linked_by: 'PERSON' }],
  ['a link that was imported', { stripe_invoice_id: 'in_9', linked_by: 'IMPORT' }],
  ['a date that came with the renewal', { given_date: new Date('2027-01-01') }],
  [
    'a renewal that was processed',
    { stripe_invoice_id: 'in_9', linked_by: 'RULE', processed_at: new Date('2026-03-02') },
  ],
])('%s is not dropped', async (_name, columns) => {
  const id = await customer.renewal(columns);
  await expect(downTo(LEDGER)).rejects.toThrow(
    `This migration is not taken back: renewals hold a date, a link or a processing that somebody gave or did, and that no event tells. Restore a backup instead. (${id})`,
  );
  expect(await db.sql('select stripe_invoice_id from renewal where id = $1', [id])).toHaveLength(1);
});

it('a date that a person gave after the fill is not dropped', async () => {
  const [row] = await customer.rows();
  await db.sql(`update renewal set given_date = '2026-03-05'`);
  await insertRow(db, 'renewal_change', {
    renewal_id: row?.id,
    by: 'ops',
    changes: JSON.stringify({ givenDate: ['2026-03-01T00:00:00.000Z', '2026-03-05T00:00:00.000Z'] }),
  });
  await expect(downTo(LEDGER)).rejects.toThrow('This migration is not taken back');
});

it('endpoints, backfills that can be undone, and the events themselves are not dropped', async () => {
  await expect(downTo(0)).rejects.toThrow('events and checkout intents would be lost for good');
  await migrate(db.orm);
  await db.sql(
    `insert into handler_endpoint (name, url, event_types, secret) values ('crm', 'https://crm.example', '{}', 's')`,
  );
  await expect(downTo(LEDGER)).rejects.toThrow('Delete the endpoints first. (1)');
  await migrate(db.orm);
  await db.sql(
    `insert into backfill (kind, announce, scope, linked, started_by) values ('RENEWAL_LINKS', false, '[]', 1, 'ops')`,
  );
  await expect(downTo(LEDGER)).rejects.toThrow('backfills filled renewals');
});

it('an undoing or a walk that somebody started and that is not at its end is not dropped', async () => {
  const STARTED = 'insert into backfill (kind, state, announce, scope, undo_cursor, started_by) values';
  await db.sql(`${STARTED} ('RENEWAL_LINKS', 'DONE', false, '[]', 0, 'ops')`);
  await expect(downTo(LEDGER)).rejects.toThrow('Let the workers finish first. (1)');
  await db.sql('delete from backfill');
  await db.sql(`${STARTED} ('STRIPE_EVENTS', 'RUNNING', false, '[]', null, 'ops')`);
  await expect(downTo(LEDGER)).rejects.toThrow('Cancel them first. (2)');
  await db.sql(`update backfill set state = 'CANCELED'`);
  await migrate(db.orm);
  await downTo(LEDGER);
});

it('an event that is being replayed for one handler is not given to all', async () => {
  const { id } = await insertRow(db, 'event', { state: 'RETRYING', replayed_for: '{Receipts.send}' });
  await expect(downTo(LEDGER)).rejects.toThrow(`Let the workers finish first. (${id})`);
  await db.sql(`update event set state = 'HANDLED'`);
  await downTo(LEDGER);
});
