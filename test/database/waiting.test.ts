import { setTimeout as pause } from 'node:timers/promises';
import { type AnyEvent, HandlerMap, waitFor } from '@renewal-ledger/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../src/database/transaction.js';
import type { FactOutcome, RecordFacts } from '../../src/events/fact-recorder.js';
import { recordFact } from '../../src/handlers/fact-context.js';
import type { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import {
  anEvent,
  deliveriesOf,
  openDatabase,
  openPipeline,
  type Pipeline,
  stateOf,
  store,
} from './dispatch-support.js';

let db: TestDatabase;
let pipeline: Pipeline;
const looks = new Map<string, number>();

async function hasArrived(id: string): Promise<boolean> {
  looks.set(id, (looks.get(id) ?? 0) + 1);
  return (await db.sql('select 1 from arrived where id = $1', [id])).length > 0;
}

/** Where a look is held between what it saw and its answer. */
const gates = new Map<
  string,
  { readonly look: number; readonly reached: PromiseWithResolvers<void>; readonly opened: PromiseWithResolvers<void> }
>();

async function dawdle(id: string): Promise<void> {
  const gate = gates.get(id);
  if (gate === undefined) return pause(Math.random() * 20);
  if (gate.look !== looks.get(id)) return;
  gate.reached.resolve();
  await gate.opened.promise;
}

/** Looks without any lock, and takes its time between the look and the answer: what a signal could get lost in. */
const recordFacts: RecordFacts = async (_tx, events) => {
  const outcomes = new Map<string, FactOutcome>();
  for (const { id } of events)
    if (!(await hasArrived(id))) outcomes.set(id, { state: 'WAITING', waitingFor: `link:${id}` });
  for (const { id } of events) await dawdle(id);
  return outcomes;
};

async function lookFor(event: AnyEvent) {
  const found = await hasArrived(event.id);
  await dawdle(event.id);
  return found ? undefined : waitFor(`renewal:${event.id}`);
}

beforeAll(async () => {
  db = await openDatabase();
  await db.sql('create table arrived (id text primary key)');
  pipeline = await openPipeline(db, {
    facts: new HandlerMap().on('invoice.paid', (_event, ctx) => recordFact(ctx, {}), { name: 'Facts.record' }),
    handlers: new HandlerMap().on('invoice.voided', lookFor, { name: 'Plugin.looks', concurrency: 10 }).on(
      'invoice.sent',
      (event, ctx) => {
        ctx.write(async (em) => {
          await em.execute(`insert into arrived values ('written:${event.id}') on conflict do nothing`);
          return (await hasArrived(event.id)) ? undefined : waitFor(`invoice:${event.id}`);
        });
      },
      { name: 'Plugin.writes' },
    ),
    recordFacts,
  });
});
afterAll(async () => {
  await pipeline.stop();
  await db.close();
});

/** What an event waits for arrives, and is signalled in the same commit. */
async function arrive(id: string, key: string): Promise<void> {
  await inTransaction(db.em(), async (tx) => {
    await tx.query('insert into arrived values ($1)', [id]);
    await pipeline.jobs.sendSignal(tx.query, [key]);
  });
}

describe.each([
  { what: 'a fact handler', type: 'invoice.paid', handler: 'Facts.record', kind: 'link' },
  { what: 'a handler', type: 'invoice.voided', handler: 'Plugin.looks', kind: 'renewal' },
])('$what that waits', ({ type, handler, kind }) => {
  it('runs again when its key is signalled', async () => {
    const event = anEvent(type);
    await store(pipeline, [event]);
    await pipeline.dispatcher.idle();
    expect(await stateOf(db, event.id)).toBe('WAITING');
    expect((await deliveriesOf(db, event.id))[handler]).toMatchObject({
      state: 'WAITING',
      waiting_for: `${kind}:${event.id}`,
      tries: 0,
      last_error: null,
    });
    await arrive(event.id, `${kind}:${event.id}`);
    await eventually(async () => expect(await stateOf(db, event.id)).toBe('HANDLED'));
    expect((await deliveriesOf(db, event.id))[handler]).toMatchObject({ state: 'DONE', tries: 1, waiting_for: null });
  });

  it('looks twice, and then no more until it is signalled or an hour has passed', async () => {
    const event = anEvent(type);
    await store(pipeline, [event]);
    await pipeline.dispatcher.idle();
    expect(looks.get(event.id)).toBe(2);
    const [{ next_try_at: next } = { next_try_at: null }] = Object.values(await deliveriesOf(db, event.id));
    expect(next!.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  });

  it('waits on when another key is signalled', async () => {
    const event = anEvent(type);
    await store(pipeline, [event]);
    await pipeline.dispatcher.idle();
    await pipeline.jobs.sendSignal((text, parameters) => db.sql(text, parameters), [`${kind}:another`]);
    await pipeline.dispatcher.idle();
    expect(looks.get(event.id)).toBe(2);
  });

  it.each([1, 2])('loses no signal that comes between what its look %i sees and its mark', async (look) => {
    const event = anEvent(type);
    const gate = { look, reached: Promise.withResolvers<void>(), opened: Promise.withResolvers<void>() };
    gates.set(event.id, gate);
    await store(pipeline, [event]);
    await gate.reached.promise;
    await arrive(event.id, `${kind}:${event.id}`);
    await eventually(async () => expect(await db.sql(`select 1 from pgboss.job where name = 'signal'`)).toEqual([]));
    gate.opened.resolve();
    await eventually(async () => expect(await stateOf(db, event.id)).toBe('HANDLED'));
  });

  it('loses no signal, whenever it comes', async () => {
    const events = Array.from({ length: 100 }, () => anEvent(type));
    const after = async (work: () => Promise<void>) => pause(Math.random() * 40).then(work);
    const both = async (event: AnyEvent) => {
      await Promise.all([after(() => store(pipeline, [event])), after(() => arrive(event.id, `${kind}:${event.id}`))]);
    };
    const left = [...events];
    const each = async () => {
      for (let event = left.pop(); event !== undefined; event = left.pop()) await both(event);
    };
    await Promise.all([each(), each(), each(), each()]);
    await pipeline.dispatcher.idle({ withinMs: 20_000 });
    const unhandled = await db.sql(`select id, state from event where id = any($1) and state <> 'HANDLED'`, [
      events.map(({ id }) => id),
    ]);
    expect(unhandled).toEqual([]);
  });
});

describe('a write that waits', () => {
  it('has written, and runs again when its key is signalled', async () => {
    const event = anEvent('invoice.sent');
    await store(pipeline, [event]);
    await pipeline.dispatcher.idle();
    expect(await stateOf(db, event.id)).toBe('WAITING');
    expect(await db.sql('select 1 from arrived where id = $1', [`written:${event.id}`])).toHaveLength(1);
    await arrive(event.id, `invoice:${event.id}`);
    await eventually(async () => expect(await stateOf(db, event.id)).toBe('HANDLED'));
  });
});
