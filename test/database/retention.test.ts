import { HandlerMap } from '@renewal-ledger/sdk';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../src/database/transaction.js';
import { eraseOldBodies } from '../../src/events/retention.js';
import type { TestDatabase } from '../support/database.js';
import { age, anEvent, openDatabase, openPipeline, type Pipeline, stateOf, store } from './dispatch-support.js';

const log = pino({ level: 'silent' });
let db: TestDatabase;
let pipeline: Pipeline;

beforeAll(async () => {
  db = await openDatabase();
  pipeline = await openPipeline(db, {
    handlers: new HandlerMap().on('charge.*', () => undefined, { name: 'Any.run' }),
  });
});
beforeEach(() => db.sql('truncate event, event_body, delivery'));
afterAll(async () => {
  await pipeline.stop();
  await db.close();
});

const erase = (days = 30, batchSize?: number) =>
  eraseOldBodies({ em: db.em(), log, days, ...(batchSize !== undefined && { batchSize }) });

const bodies = async () =>
  (await db.sql<{ event_id: string }>('select event_id from event_body')).map((row) => row.event_id).toSorted();

/** Events in the state, received so long ago. */
async function events(count: number, { state = 'HANDLED', received = '31 days' } = {}): Promise<string[]> {
  const made = Array.from({ length: count }, () => anEvent('charge.captured'));
  const ids = made.map(({ id }) => id);
  await store(pipeline, made, { wake: false });
  await db.sql('update event set state = $2 where id = any($1)', [ids, state]);
  await age(db, ids, received);
  return ids;
}

describe('retention', () => {
  it('erases the bodies of that age, and of no other', async () => {
    await events(2);
    const young = await events(2, { received: '29 days' });
    expect(await erase()).toBe(2);
    expect(await bodies()).toEqual(young.toSorted());
  });

  it('leaves id, hash, columns and deliveries, and says when the body went', async () => {
    const [id] = await events(1);
    await db.sql(`insert into delivery (event_id, handler, state, tries) values ($1, 'Any.run', 'DONE', 3)`, [id]);
    const [before] = await db.sql('select * from event');
    await erase();
    const [after] = await db.sql('select * from event');
    expect(after).toEqual({ ...before, payload_erased_at: expect.any(Date) });
    expect(await db.sql('select state, tries from delivery')).toEqual([{ state: 'DONE', tries: 3 }]);
  });

  it.each(['PENDING', 'RETRYING', 'WAITING'])(
    'keeps the body of an event that is %s: it is still to be handled',
    async (state) => {
      const ids = await events(1, { state, received: '400 days' });
      expect(await erase()).toBe(0);
      expect(await bodies()).toEqual(ids);
    },
  );

  it.each(['IGNORED', 'DEAD'])('erases that of one that is %s', async (state) => {
    await events(1, { state });
    expect(await erase()).toBe(1);
  });

  it('goes through any number of them in batches, and finds nothing the second time', async () => {
    await events(25);
    expect(await erase(30, 10)).toBe(25);
    expect(await erase(30, 10)).toBe(0);
    expect(await bodies()).toEqual([]);
  });

  it('passes over an event that is just being replayed', async () => {
    const [held] = await events(1);
    await events(1);
    await inTransaction(db.em(), async (tx) => {
      await tx.query(`update event set state = 'PENDING' where id = $1`, [held]);
      expect(await erase()).toBe(1);
    });
    expect(await erase()).toBe(0);
    expect(await bodies()).toEqual([held]);
  });

  it('has the replay of an erased event refused, with a reason', async () => {
    const [id] = await events(1, { state: 'DEAD' });
    await erase();
    expect(await pipeline.replay({ ids: [id!], force: true })).toEqual({
      replayed: 0,
      refused: [{ eventId: id, reason: 'The payload of this event is erased.' }],
    });
    expect(await stateOf(db, id!)).toBe('DEAD');
  });
});

describe('a month of which no body is left', () => {
  const months = async () =>
    (
      await db.sql<{ name: string }>(
        `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
       where inhparent = 'event_body'::regclass and relname ~ '\\d{4}' order by 1`,
      )
    ).map(({ name }) => name);

  /** Two months of long ago, in the place of the one partition for the past. */
  beforeEach(async () => {
    await db.sql('drop table if exists event_body_partition.past');
    for (const [month, from, to] of [
      ['2020_01', '2020-01-01', '2020-02-01'],
      ['2020_02', '2020-02-01', '2020-03-01'],
    ])
      await db.sql(
        `create table if not exists event_body_partition.event_body_${month} partition of event_body for values from ('${from} 00:00:00+00') to ('${to} 00:00:00+00')`,
      );
  });

  const storedAt = async (time: string, state: string) => {
    const event = anEvent('charge.captured');
    await store(pipeline, [event], { wake: false });
    for (const [table, key] of [
      ['event', 'id'],
      ['event_body', 'event_id'],
    ])
      await db.sql(`update ${table} set received_at = $2 where ${key} = $1`, [event.id, time]);
    await db.sql('update event set state = $2 where id = $1', [event.id, state]);
  };

  it('is dropped whole; one with a body that is still needed stays, and so do this month and the next', async () => {
    const present = (await months()).filter((name) => !name.includes('2020'));
    await storedAt('2020-01-15T00:00:00Z', 'HANDLED');
    await storedAt('2020-02-15T00:00:00Z', 'WAITING');
    await erase();
    expect(await months()).toEqual(['event_body_2020_02', ...present]);
  });

  it('waits for a later run while somebody reads it', async () => {
    await inTransaction(db.em(), async (tx) => {
      await tx.query('select from event_body_partition.event_body_2020_01');
      await erase();
      expect(await months()).toContain('event_body_2020_01');
    });
    await erase();
    expect(await months()).not.toContain('event_body_2020_01');
  });
});
