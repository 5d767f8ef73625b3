import { HandlerMap, On } from '@renewal-ledger/sdk';
import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImportContext } from '../../src/transfer/context.js';
import { writeEvents } from '../../src/transfer/write-events.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { importInto } from '../support/importing.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.sql('create table event_body_partition.test partition of event_body default');
});
afterAll(() => db.close());
beforeEach(async () => void (await db.sql('truncate event, event_body, delivery, invoice, subscription cascade')));

const contextWith = (changes: Partial<ImportContext> = {}) => importInto(db, changes).context;

const paid = aStripeEvent('invoice.paid', anInvoice({ id: 'in_1', status: 'paid' }), { livemode: false });
const charge = {
  id: 'evt_charge',
  object: 'event',
  type: 'charge.succeeded',
  created: 1_760_000_000,
  data: { object: {} },
};
const rowOf = (event: object, receivedAt: string | null = null) => ({
  kind: 'event' as const,
  body: JSON.stringify(event),
  receivedAt,
});
const events = () =>
  db.sql<{ id: string; state: string }>(
    "select id, state, ignored_because from event where source = 'STRIPE' order by id",
  );

describe('events that are imported', () => {
  it('leave their facts, and reach no handler but those that read facts', async () => {
    expect(await writeEvents(contextWith(), [rowOf(paid), rowOf(charge)])).toEqual({ stored: 2, unreadable: 0 });
    expect(await db.sql('select id, status from invoice')).toEqual([{ id: 'in_1', status: 'paid' }]);
    expect(await db.sql('select event_id, handler, state from delivery')).toEqual([
      { event_id: paid.id, handler: 'InvoiceHandlers.record', state: 'DONE' },
    ]);
    expect((await events()).map(({ state }) => state).toSorted()).toEqual(['HANDLED', 'IGNORED']);
  });

  it('are handled by workers, as if delivered now, where that was asked for', async () => {
    const { context, woken } = importInto(db, { announce: true });
    await writeEvents(context, [rowOf(paid)]);
    expect(await events()).toMatchObject([{ id: paid.id, state: 'PENDING' }]);
    expect(woken).toEqual([paid.id]);
    expect(await db.sql('select from invoice')).toEqual([]);
  });

  it('that cannot be read are DEAD, with the reason, and harm no other', async () => {
    class Readers {
      @On('charge.*')
      async record(): Promise<void> {
        throw new TypeError('No facts in here.');
      }
    }
    const factHandlers = new HandlerMap().register(new Readers());
    expect(await writeEvents(contextWith({ factHandlers }), [rowOf(charge), rowOf(paid)])).toEqual({
      stored: 2,
      unreadable: 1,
    });
    expect(await db.sql('select event_id, state, last_error from delivery')).toEqual([
      { event_id: charge.id, state: 'DEAD', last_error: 'No facts in here.' },
    ]);
    expect(await events()).toContainEqual({ id: charge.id, state: 'DEAD', ignored_because: null });
  });

  it('of the other mode leave no facts', async () => {
    await writeEvents(contextWith({ livemode: 'live' }), [rowOf(paid)]);
    expect(await events()).toMatchObject([{ state: 'IGNORED', ignored_because: expect.stringContaining('LIVEMODE') }]);
    expect(await db.sql('select from invoice')).toEqual([]);
  });

  it('stand by the first body under an id, wherever in the file the others are', async () => {
    const other = { ...paid, data: { object: { ...paid.data.object, subscription: 'sub_other', total: 1 } } };
    expect(await writeEvents(contextWith(), [rowOf(paid), rowOf(charge), rowOf(other)])).toMatchObject({ stored: 2 });
    const [row] = await db.sql<{ body: Buffer }>('select body from event_body where event_id = $1', [paid.id]);
    expect(row?.body.toString()).toBe(rowOf(paid).body);
  });

  it('keep the time at which they were received, and the bytes', async () => {
    const body = `${JSON.stringify(charge, null, 3)}\n`;
    await writeEvents(contextWith(), [{ kind: 'event', body, receivedAt: '2024-02-29T12:00:00.123456Z' }]);
    const [row] = await db.sql<{ at: Date; body: Buffer }>(
      'select e.received_at as at, b.body from event e join event_body b on b.event_id = e.id and b.received_at = e.received_at',
    );
    expect(row?.at.toISOString()).toBe('2024-02-29T12:00:00.123Z');
    expect(row?.body.toString()).toBe(body);
  });
});
