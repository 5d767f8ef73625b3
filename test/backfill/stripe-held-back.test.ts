import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { HELD_BACK } from '../../src/ledger/raise.js';
import { DUE } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { introduce, listedEvent, startStripeBackfills, type StripeBackfills } from '../support/stripe-backfills.js';

let all: StripeBackfills;
beforeAll(async () => {
  all = await startStripeBackfills();
});
afterAll(() => all.stop());
beforeEach(() => all.clear());

const raised = () =>
  all.service.db.sql<{ type: string; ignored_because: string | null }>(
    "select type, ignored_because from event where source = 'LEDGER' order by type",
  );
const handled = () =>
  eventually(async () =>
    expect(
      await all.service.db.sql("select id, state from event where source = 'STRIPE' and state <> 'HANDLED'"),
    ).toEqual([]),
  );
const renewalState = async (id: string) =>
  (await all.service.db.sql<{ state: string }>('select state from renewal where id = $1', [id]))[0]?.state;

it('what the events of a quiet backfill give rise to is held back, for good', async () => {
  const { renewal, spec } = await introduce(all.service, DUE);
  all.stripe.events = [listedEvent(1, spec)];
  expect(await all.backfill({ announce: false })).toMatchObject({ state: 'DONE', stored: 1 });
  await handled();
  expect(await renewalState(renewal)).toBe('PAID');
  const events = await raised();
  expect(events.map(({ type }) => type)).toEqual(['payment.received', 'renewal.linked', 'renewal.paid']);
  expect(events.every((event) => event.ignored_because === HELD_BACK)).toBe(true);

  await all.service.post(aStripeEvent('invoice.payment_succeeded', anInvoice(spec)));
  await handled();
  expect(await raised()).toEqual(events);
});

it('what the events of any other backfill give rise to is announced', async () => {
  const { renewal, spec } = await introduce(all.service, DUE);
  all.stripe.events = [listedEvent(1, spec)];
  await all.backfill();
  await handled();
  expect(await renewalState(renewal)).toBe('PAID');
  for (const event of await raised()) expect(event.ignored_because).not.toBe(HELD_BACK);
});

it('a quiet backfill leaves events alone that are there, and stores duplicates once', async () => {
  const event = listedEvent(1);
  await all.service.post(event);
  all.stripe.events = [listedEvent(2), event];
  expect(await all.backfill({ announce: false })).toMatchObject({ stored: 1, skipped: 1 });
  expect(await all.backfill({ announce: false })).toMatchObject({ stored: 0, skipped: 2 });
});

it('one event that the database refuses does not keep the others from being stored', async () => {
  await all.service.db.sql(`
    create function refuse() returns trigger language plpgsql as $$ begin
      if new.id = 'in_2' then raise exception 'Not this one.'; end if; return new; end $$;
    create trigger refuse before insert on invoice for each row execute function refuse()`);
  all.stripe.events = [3, 2, 1].map((number) => listedEvent(number));
  try {
    expect(await all.backfill({ announce: false })).toMatchObject({ state: 'DONE', stored: 3 });
    const facts = await all.service.db.sql<{ id: string }>('select id from invoice order by id');
    expect(facts.map(({ id }) => id)).toEqual(['in_1', 'in_3']);
    await eventually(async () =>
      expect(await all.service.db.sql("select id from event where state = 'RETRYING'")).toEqual([{ id: 'evt_2' }]),
    );
  } finally {
    await all.service.db.sql('drop trigger refuse on invoice; drop function refuse()');
  }
});
