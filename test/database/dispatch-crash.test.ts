import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HandlerMap } from '@renewal-ledger/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
beforeAll(async () => {
  db = await openDatabase();
  await db.sql('create table effects (event_id text not null, "by" text not null)');
});
afterAll(() => db.close());

const options = (): PipelineOptions => ({
  facts: new HandlerMap().on('invoice.paid', (_event, ctx) => recordFact(ctx, {}), { name: 'Facts.record' }),
  handlers: new HandlerMap().on(
    'charge.captured',
    (event, ctx) => {
      ctx.write(async (em) => void (await em.execute(`insert into effects values ('${event.id}', 'survivor')`)));
    },
    { name: 'Plugin.run' },
  ),
  async recordFacts(tx, events) {
    for (const { id } of events) await tx.query(`insert into effects values ($1, 'survivor')`, [id]);
    return new Map();
  },
});

/** Takes one event for each kind of work, hangs in both, and answers the process when it does. */
async function startDoomedWorker(hanging: () => Promise<void>): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('./dispatch-holder.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', '@oxc-node/core/register', script, db.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  createInterface(child.stdout).on('line', (line) => said.push(line));
  await eventually(() => expect(said).toEqual(['started']));
  await hanging();
  await eventually(() => expect(said).toEqual(['started', 'begun', 'begun']));
  return child;
}

describe('a worker that is killed', () => {
  let survivor: Pipeline;
  beforeEach(async () => {
    survivor = await openPipeline(db, { ...options(), started: false });
  });
  afterEach(() => survivor.stop());

  it(
    'in the middle of a handler, or of a batch, leaves its events to another, which handles them within 60 s, once',
    { timeout: 90_000 },
    async () => {
      const events = [anEvent('charge.captured'), anEvent('invoice.paid')];
      const doomed = await startDoomedWorker(() => store(survivor, events));
      await survivor.dispatcher.start();
      doomed.kill('SIGKILL');
      await eventually(
        async () => {
          for (const { id } of events) expect(await stateOf(db, id)).toBe('HANDLED');
        },
        { withinMs: 60_000 },
      );
      await survivor.dispatcher.idle();
      for (const { id } of events)
        expect(await db.sql('select "by" from effects where event_id = $1', [id])).toEqual([{ by: 'survivor' }]);
      expect((await deliveriesOf(db, events[0]!.id))['Plugin.run']).toMatchObject({ state: 'DONE', tries: 2 });
    },
  );
});

describe('a database that ends every connection', () => {
  let pipeline: Pipeline;
  beforeEach(async () => {
    pipeline = await openPipeline(db, { ...options(), started: false });
  });
  afterEach(() => pipeline.stop());

  it('interrupts the workers, which go on by themselves and lose nothing', { timeout: 90_000 }, async () => {
    const events = Array.from({ length: 600 }, (_, index) =>
      anEvent(index % 2 === 0 ? 'invoice.paid' : 'charge.captured'),
    );
    await store(pipeline, events);
    await pipeline.dispatcher.start();
    for (let times = 0; times < 5; times += 1) {
      await db.sql(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      await pause(40);
    }
    await eventually(
      async () =>
        expect(
          await db.sql('select state, count(*)::int from event where id = any($1) group by state', [
            events.map(({ id }) => id),
          ]),
        ).toEqual([{ state: 'HANDLED', count: 600 }]),
      { withinMs: 75_000 },
    );
    const effects = await db.sql(
      'select event_id from effects where event_id = any($1) group by event_id having count(*) <> 1',
      [events.map(({ id }) => id)],
    );
    expect(effects).toEqual([]);
  });
});
