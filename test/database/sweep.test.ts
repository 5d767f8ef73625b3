import { HandlerMap, waitFor } from '@renewal-ledger/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { recordFact } from '../../src/handlers/fact-context.js';
import {
  age,
  anEvent,
  deliveriesOf,
  loseJobs,
  openDatabase,
  openPipeline,
  type Pipeline,
  stateOf,
  store,
} from './dispatch-support.js';

let db: TestDatabase;
let pipeline: Pipeline;
let runs: string[];
let outcome: (id: string) => ReturnType<typeof waitFor> | void;

beforeEach(async () => {
  db = await openDatabase();
  runs = [];
  outcome = () => undefined;
  pipeline = await openPipeline(db, maps());
});
afterEach(async () => {
  await pipeline.stop();
  await db.close();
});

const maps = () => ({
  facts: new HandlerMap().on('invoice.*', (_event, ctx) => recordFact(ctx, {}), { name: 'Facts.record' }),
  handlers: new HandlerMap().on(
    'invoice.paid',
    (event) => {
      runs.push(event.id);
      return outcome(event.id);
    },
    { name: 'Plugin.onPaid' },
  ),
  started: false,
});

/** An event whose plugin has been tried once, with what `outcome` says. */
async function aTriedEvent() {
  const event = anEvent('invoice.paid');
  await store(pipeline, [event]);
  await pipeline.dispatcher.start();
  await pipeline.dispatcher.idle();
  return event;
}

describe('the sweep', () => {
  it('finds the events whose wake-ups were lost', async () => {
    const events = Array.from({ length: 30 }, () => anEvent('invoice.paid'));
    await store(pipeline, events);
    await loseJobs(db);
    await age(
      db,
      events.map(({ id }) => id),
      '1 minute',
    );
    await pipeline.dispatcher.start();
    await pipeline.dispatcher.sweep();
    await pipeline.dispatcher.idle();
    expect(await db.sql(`select distinct state from event`)).toEqual([{ state: 'HANDLED' }]);
    expect(runs.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  });

  it('of a worker that starts finds at once what was stored and has no job', async () => {
    const event = anEvent('invoice.paid');
    await store(pipeline, [event], { wake: false });
    await pipeline.dispatcher.start();
    await pipeline.dispatcher.idle();
    expect(await stateOf(db, event.id)).toBe('HANDLED');
    expect(runs).toEqual([event.id]);
  });

  it.each([
    [
      'fails',
      () => {
        throw new Error('no');
      },
      'RETRYING',
    ],
    ['waits', (id: string) => waitFor(`link:${id}`), 'WAITING'],
  ] as const)('finds a delivery that %s and whose job was lost', async (_what, first, state) => {
    outcome = first;
    const event = await aTriedEvent();
    expect(await stateOf(db, event.id)).toBe(state);
    outcome = () => undefined;
    await loseJobs(db);
    await age(db, [event.id], '2 hours');
    await pipeline.dispatcher.sweep();
    await eventually(async () => expect(await stateOf(db, event.id)).toBe('HANDLED'));
  });

  it('leaves alone what is not due', async () => {
    outcome = (id) => waitFor(`link:${id}`);
    const event = await aTriedEvent();
    await loseJobs(db);
    await age(db, [event.id], '50 minutes');
    await pipeline.dispatcher.sweep();
    expect(await db.sql(`select name from pgboss.job`)).toEqual([]);
  });

  it('adds no second job for what waits in a long queue', async () => {
    const events = Array.from({ length: 10 }, () => anEvent('invoice.paid'));
    await store(pipeline, events);
    await age(
      db,
      events.map(({ id }) => id),
      '10 minutes',
    );
    await db.sql(
      `update pgboss.job set created_on = created_on - interval '10 minutes', start_after = start_after - interval '10 minutes'`,
    );
    const jobs = () => db.sql(`select id from pgboss.job where name = 'event' order by 1`);
    const before = await jobs();
    await pipeline.dispatcher.sweep();
    expect(before).not.toEqual([]);
    expect(await jobs()).toEqual(before);
  });

  it('declares a delivery dead that has waited for 30 days', async () => {
    outcome = (id) => waitFor(`link:${id}`);
    const event = await aTriedEvent();
    await age(db, [event.id], '29 days');
    await pipeline.dispatcher.sweep();
    await pipeline.dispatcher.idle();
    expect(await stateOf(db, event.id)).toBe('WAITING');
    await age(db, [event.id], '2 days');
    await pipeline.dispatcher.sweep();
    expect(await stateOf(db, event.id)).toBe('DEAD');
    const { 'Plugin.onPaid': delivery } = await deliveriesOf(db, event.id);
    expect(delivery).toMatchObject({ state: 'DEAD', last_error: `It waited for link:${event.id} for 30 days.` });
    expect(delivery?.finished_at).not.toBeNull();
  });
});

describe('a delivery whose handler is gone', () => {
  async function anOrphan() {
    const event = await aTriedEvent();
    await db.sql(`insert into delivery (event_id, handler, next_try_at) values ($1, 'Former.onPaid', now())`, [
      event.id,
    ]);
    await db.sql(`update event set state = 'PENDING' where id = $1`, [event.id]);
    await age(db, [event.id], '61 minutes');
    return event;
  }
  const workersHaveRunFor = (interval: string) =>
    db.sql(`update pgboss.instance set started_on = started_on - $1::interval`, [interval]);

  it('is SKIPPED when no worker has known it for an hour, and the event is judged by the others', async () => {
    const event = await anOrphan();
    await workersHaveRunFor('2 hours');
    await pipeline.dispatcher.sweep();
    expect((await deliveriesOf(db, event.id))['Former.onPaid']).toMatchObject({ state: 'SKIPPED' });
    expect(await stateOf(db, event.id)).toBe('HANDLED');
  });

  it('is kept while the workers have not run for an hour: they may not all be back', async () => {
    const event = await anOrphan();
    await workersHaveRunFor('50 minutes');
    await pipeline.dispatcher.sweep();
    expect((await deliveriesOf(db, event.id))['Former.onPaid']).toMatchObject({ state: 'PENDING' });
  });

  it('is kept for an hour after its last worker', async () => {
    const event = await anOrphan();
    await workersHaveRunFor('2 hours');
    await db.sql(`insert into pgboss.instance select (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(),
                    'workers', '[{"queue":"delivery.Former.onPaid"}]'::jsonb, 'stopped_on', now(), 'heartbeat_on', now() - interval '55 minutes'))).* from pgboss.instance i`);
    await pipeline.dispatcher.sweep();
    expect((await deliveriesOf(db, event.id))['Former.onPaid']).toMatchObject({ state: 'PENDING' });
  });

  it('is never one of a handler that this worker knows', async () => {
    outcome = (id) => waitFor(`link:${id}`);
    const event = await aTriedEvent();
    await workersHaveRunFor('2 hours');
    await db.sql(`update pgboss.instance set workers = '[{"queue":"delivery.Plugin.onPaid"}]'`);
    await age(db, [event.id], '61 minutes');
    await pipeline.dispatcher.sweep();
    expect((await deliveriesOf(db, event.id))['Plugin.onPaid']?.state).not.toBe('SKIPPED');
  });
});
