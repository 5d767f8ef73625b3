import { setTimeout as pause } from 'node:timers/promises';
import { HandlerMap } from '@renewal-ledger/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordFact } from '../../src/handlers/fact-context.js';
import type { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import {
  anEvent,
  deliveriesOf,
  openDatabase,
  openPipeline,
  type Pipeline,
  type PipelineOptions,
  stateOf,
  store,
} from './dispatch-support.js';

let db: TestDatabase;
const pipelines: Pipeline[] = [];
beforeEach(async () => {
  db = await openDatabase();
});
afterEach(async () => {
  await Promise.all(pipelines.splice(0).map((pipeline) => pipeline.stop()));
  await db.close();
});

async function open(options: PipelineOptions): Promise<Pipeline> {
  const pipeline = await openPipeline(db, options);
  pipelines.push(pipeline);
  return pipeline;
}

/** Handlers that return together, so that their marks meet. */
function meeting(size: number): () => Promise<void> {
  const here = new Map<number, PromiseWithResolvers<void>>();
  let arrived = 0;
  return () => {
    const table = Math.floor(arrived / size);
    arrived += 1;
    const meet = here.get(table) ?? Promise.withResolvers<void>();
    here.set(table, meet);
    if (arrived % size === 0) meet.resolve();
    return meet.promise;
  };
}

describe('deliveries of one event', () => {
  it('that finish at once leave the right state', async () => {
    const meet = meeting(4);
    const handlers = new HandlerMap();
    for (const name of ['A', 'B', 'C', 'D'])
      handlers.on('charge.captured', meet, { name: `Plugin.${name}`, concurrency: 1 });
    const pipeline = await open({ handlers });
    const events = Array.from({ length: 60 }, () => anEvent('charge.captured'));
    await store(pipeline, events);
    await pipeline.dispatcher.idle({ withinMs: 20_000 });
    expect(await db.sql('select state, count(*)::int from event group by state')).toEqual([
      { state: 'HANDLED', count: 60 },
    ]);
  });

  it('of which one fails and one succeeds at once leave it RETRYING', async () => {
    const meet = meeting(2);
    const handlers = new HandlerMap().on('charge.captured', meet, { name: 'Plugin.succeeds', concurrency: 1 }).on(
      'charge.captured',
      async () => {
        await meet();
        throw new Error('no');
      },
      { name: 'Plugin.fails', concurrency: 1, backoff: { firstSeconds: 3600 } },
    );
    const pipeline = await open({ handlers });
    await store(
      pipeline,
      Array.from({ length: 40 }, () => anEvent('charge.captured')),
    );
    await pipeline.dispatcher.idle({ withinMs: 20_000 });
    expect(await db.sql('select state, count(*)::int from event group by state')).toEqual([
      { state: 'RETRYING', count: 40 },
    ]);
  });
});

describe('a handler that hangs', () => {
  it("holds up no other handler's deliveries, nor the facts", async () => {
    const handlers = new HandlerMap()
      .on('invoice.paid', () => pause(60_000, undefined, { ref: false }), { name: 'Plugin.hangs', concurrency: 2 })
      .on('invoice.paid', () => undefined, { name: 'Plugin.onPaid' });
    const facts = new HandlerMap().on('invoice.*', (_event, ctx) => recordFact(ctx, {}), { name: 'Facts.record' });
    const pipeline = await open({ facts, handlers });
    await store(
      pipeline,
      Array.from({ length: 50 }, () => anEvent('invoice.paid')),
    );
    await eventually(async () =>
      expect(
        await db.sql(
          `select handler, count(*)::int from delivery where state = 'DONE' group by handler order by handler`,
        ),
      ).toEqual([
        { handler: 'Facts.record', count: 50 },
        { handler: 'Plugin.onPaid', count: 50 },
      ]),
    );
  });
});

describe('several processes', () => {
  it('share the work, and do none of it twice', async () => {
    await db.sql('create table effects (event_id text not null)');
    const maps = () => ({
      facts: new HandlerMap().on('invoice.paid', (_event, ctx) => recordFact(ctx, {}), { name: 'Facts.record' }),
      handlers: new HandlerMap().on(
        'invoice.paid',
        (event, ctx) => {
          ctx.write(async (em) => void (await em.execute(`insert into effects values ('${event.id}')`)));
        },
        { name: 'Plugin.onPaid' },
      ),
    });
    const [first] = await Promise.all([open(maps()), open(maps())]);
    const events = Array.from({ length: 200 }, () => anEvent('invoice.paid'));
    await store(first, events);
    await first.dispatcher.idle({ withinMs: 20_000 });
    expect(await db.sql('select count(*)::int, count(distinct event_id)::int as events from effects')).toEqual([
      { count: 200, events: 200 },
    ]);
    expect(await db.sql('select state, count(*)::int from event group by state')).toEqual([
      { state: 'HANDLED', count: 200 },
    ]);
  });

  it('take over at once what one that stops had not finished', { timeout: 40_000 }, async () => {
    const begun: string[] = [];
    const map = (name: string, run: () => Promise<void>) =>
      new HandlerMap().on(
        'charge.captured',
        () => {
          begun.push(name);
          return run();
        },
        { name: 'Plugin.run' },
      );
    const leaving = await open({ handlers: map('leaving', () => new Promise(() => undefined)) });
    const event = anEvent('charge.captured');
    await store(leaving, [event]);
    await eventually(() => expect(begun).toEqual(['leaving']));
    await open({ handlers: map('staying', () => Promise.resolve()) });
    await leaving.dispatcher.stop();
    await eventually(async () => expect(await stateOf(db, event.id)).toBe('HANDLED'));
    expect(await deliveriesOf(db, event.id)).toMatchObject({ 'Plugin.run': { state: 'DONE', tries: 1 } });
    expect(begun).toEqual(['leaving', 'staying']);
  });
});

describe('a schedule', () => {
  it('is run by one process of many, and goes on after a run that failed', async () => {
    const runs: string[] = [];
    const schedules = (by: string) => [
      {
        name: 'report',
        every: 15,
        run: async () => {
          runs.push(by);
          if (runs.length === 1) throw new Error('no');
        },
      },
    ];
    const [first] = await Promise.all([
      open({ schedules: schedules('first') }),
      open({ schedules: schedules('second') }),
    ]);
    for (const count of [1, 2]) {
      await eventually(async () => expect(await first.jobs.boss.send('schedule.report')).not.toBeNull());
      await eventually(() => expect(runs).toHaveLength(count), { withinMs: 15_000 });
    }
  });

  it('comes at its time, and ends when no worker has it any more', async () => {
    const before = await open({
      schedules: [
        { name: 'report', every: 15, run: () => Promise.resolve() },
        { name: 'nightly', every: '5 3 * * *', run: () => Promise.resolve() },
      ],
    });
    const crons = async () =>
      (await before.jobs.boss.getSchedules()).map(({ name, cron }) => `${name} ${cron}`).toSorted();
    expect(await crons()).toEqual([
      'schedule.nightly 5 3 * * *',
      'schedule.report FREQ=MINUTELY;INTERVAL=15',
      'schedule.sweep FREQ=MINUTELY;INTERVAL=1',
    ]);
    await open({ schedules: [] });
    expect(await crons()).toEqual(['schedule.sweep FREQ=MINUTELY;INTERVAL=1']);
  });
});

describe('handlers', () => {
  it('may not have the name of a built-in one', async () => {
    const map = () => new HandlerMap().on('invoice.paid', () => undefined, { name: 'Same.name' });
    const pipeline = await open({ facts: map(), handlers: map(), started: false });
    await expect(pipeline.dispatcher.start()).rejects.toThrow(
      "The name Same.name is a built-in handler's, or kept for endpoints; give this one another name.",
    );
  });

  it('may not have the name of an endpoint', async () => {
    const handlers = new HandlerMap().on('invoice.paid', () => undefined, { name: 'endpoint:receipts' });
    const pipeline = await open({ handlers, started: false });
    await expect(pipeline.dispatcher.start()).rejects.toThrow('kept for endpoints');
  });

  it('of any name have a queue', async () => {
    const handlers = new HandlerMap().on('charge.captured', () => undefined, { name: 'Quittungen & Co.' });
    const pipeline = await open({ handlers });
    const event = anEvent('charge.captured');
    await store(pipeline, [event]);
    await pipeline.dispatcher.idle();
    expect(await deliveriesOf(db, event.id)).toMatchObject({ 'Quittungen & Co.': { state: 'DONE' } });
  });
});
