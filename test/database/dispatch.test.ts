import { type AnyEvent, GiveUp, HandlerMap, RetryLater } from '@renewal-ledger/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadEvent } from '../../src/events/fact-recorder.js';
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

type Fact = { readonly id: string; readonly bad?: 'throw' | 'sql' | 'failed' };

let db: TestDatabase;
let pipeline: Pipeline;
const recorded: ReadEvent[][] = [];
const runs: string[] = [];

/** Records by a table of its own, and fails as the facts ask for. */
async function recordFacts(
  tx: { query(text: string, parameters?: readonly unknown[]): Promise<unknown[]> },
  events: readonly ReadEvent[],
) {
  recorded.push([...events]);
  const failed = new Map();
  for (const { id, facts } of events) {
    const { bad } = facts[0] as Fact;
    if (bad === 'failed') failed.set(id, { state: 'FAILED', error: new Error('These facts make no sense.') });
    else
      await tx.query('insert into recorded (id, value) values ($1, $2::int) on conflict do nothing', [
        id,
        bad === 'sql' ? 'no number' : '1',
      ]);
  }
  return failed;
}

class Facts {
  record(event: AnyEvent, ctx: Parameters<typeof recordFact>[0]): void {
    const { object } = (event as unknown as { data: { object: Fact } }).data;
    if (object.bad === 'throw') throw new Error('This payload is odd.');
    recordFact(ctx, object);
  }
}

beforeAll(async () => {
  db = await openDatabase();
  await db.sql('create table recorded (id text primary key, value int not null)');
  await db.sql('create table written (id text primary key)');
  const reader = new Facts();
  const facts = new HandlerMap().on('invoice.*', (event, ctx) => reader.record(event, ctx), { name: 'Facts.record' });
  const handlers = new HandlerMap()
    .on('invoice.paid', (event) => void runs.push(event.id), { name: 'Plugin.onPaid' })
    .on(
      'invoice.voided',
      (event) => {
        runs.push(event.id);
        throw new Error('The sibling is away; key sk_live_abcdefghijkl.');
      },
      { name: 'Plugin.fails' },
    )
    .on(
      'invoice.sent',
      () => {
        throw new GiveUp('Nobody wants this.');
      },
      { name: 'Plugin.givesUp' },
    )
    .on(
      'invoice.overdue',
      () => {
        throw new RetryLater(1800);
      },
      { name: 'Plugin.later' },
    )
    .on(
      'charge.failed',
      () => {
        throw new Error('no');
      },
      { name: 'Plugin.twoTries', tries: 2, backoff: { firstSeconds: 0.01 } },
    )
    .on('charge.updated', () => new Promise<void>(() => undefined), {
      name: 'Plugin.hangs',
      timeoutSeconds: 0.2,
      tries: 1,
    })
    .on(
      'charge.captured',
      (event, ctx) => {
        ctx.write(async (em) => void (await em.execute(`insert into written values ('${event.id}')`)));
        ctx.emit('acme.noted', event.id, { charge: 'ch_1' });
      },
      { name: 'Plugin.writes' },
    )
    .on(
      'charge.refunded',
      (event, ctx) => {
        ctx.write(async (em) => void (await em.execute(`insert into written values ('${event.id}')`)));
        ctx.write(async (em) => void (await em.execute('insert into written values (null)')));
        ctx.emit('acme.noted', event.id, {});
      },
      { name: 'Plugin.writeFails' },
    );
  pipeline = await openPipeline(db, { facts, handlers, recordFacts });
});
afterAll(async () => {
  await pipeline.stop();
  await db.close();
});

async function handle(event: AnyEvent) {
  await store(pipeline, [event]);
  await pipeline.dispatcher.idle();
  return { state: await stateOf(db, event.id), deliveries: await deliveriesOf(db, event.id) };
}

const factOf = (type: string, bad: Fact['bad']) => anEvent(type, { data: { object: { id: 'in_1', bad } } });

describe('an event', () => {
  it('goes to each of its handlers, and is HANDLED when all are done', async () => {
    const event = anEvent('invoice.paid');
    const { state, deliveries } = await handle(event);
    expect(state).toBe('HANDLED');
    expect(deliveries).toMatchObject({
      'Facts.record': { state: 'DONE', tries: 1 },
      'Plugin.onPaid': { state: 'DONE', tries: 1 },
    });
    expect(runs.filter((id) => id === event.id)).toHaveLength(1);
  });

  it('is IGNORED, with the reason, where no handler takes its type', async () => {
    const event = anEvent('customer.created');
    const { state, deliveries } = await handle(event);
    expect(state).toBe('IGNORED');
    expect(deliveries).toEqual({});
    expect(await db.sql('select ignored_because from event where id = $1', [event.id])).toEqual([
      { ignored_because: 'No handler takes events of this type.' },
    ]);
  });

  it('that is handled runs no handler again, however often it is woken', async () => {
    const event = anEvent('invoice.paid');
    await handle(event);
    await pipeline.jobs.wakeEvents(
      (text, parameters) => db.sql(text, parameters),
      [
        { id: event.id, lane: 'a' },
        { id: event.id, lane: 'b' },
      ],
    );
    await pipeline.dispatcher.idle();
    expect(runs.filter((id) => id === event.id)).toHaveLength(1);
    expect(await deliveriesOf(db, event.id)).toMatchObject({ 'Facts.record': { tries: 1 } });
  });

  it('leaves no unfinished job behind', async () => {
    await handle(anEvent('invoice.paid'));
    await eventually(async () =>
      expect(
        await db.sql(
          `select name, state from pgboss.job where name in ('event', 'delivery.Plugin.onPaid') and state <> 'completed'`,
        ),
      ).toEqual([]),
    );
  });

  it('hands the recorder its facts with the times of Stripe and of receipt', async () => {
    const event = anEvent('invoice.created', { created: 1_700_000_000 });
    const undated = anEvent('invoice.created', { created: 'soon' });
    await handle(event);
    await handle(undated);
    const read = (id: string) => recorded.flat().find((candidate) => candidate.id === id);
    expect(read(event.id)).toMatchObject({
      type: 'invoice.created',
      created: new Date(1_700_000_000_000),
      facts: [(event as never as { data: { object: object } }).data.object],
    });
    expect(read(event.id)?.receivedAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(read(undated.id)?.created).toBeNull();
  });
});

describe('a burst with poison in it', () => {
  it.each([
    ['a fact handler that throws', 'throw', 'This payload is odd.'],
    ['facts that make no sense', 'failed', 'These facts make no sense.'],
    ['facts that the database refuses', 'sql', '22P02: invalid input syntax for type integer'],
  ] as const)('handles the neighbours of %s, which alone is tried again', async (_what, bad, lastError) => {
    const poison = factOf('invoice.updated', bad);
    const neighbours = Array.from({ length: 40 }, () => anEvent('invoice.updated'));
    await store(pipeline, [...neighbours.slice(0, 20), poison, ...neighbours.slice(20)]);
    await eventually(async () => {
      const states = await db.sql<{ state: string }>('select state from event where id = any($1)', [
        neighbours.map(({ id }) => id),
      ]);
      expect(states.every(({ state }) => state === 'HANDLED')).toBe(true);
      expect(await stateOf(db, poison.id)).toBe('RETRYING');
    });
    expect(await deliveriesOf(db, poison.id)).toMatchObject({
      'Facts.record': { state: 'RETRYING', last_error: lastError },
    });
  });

  it.each([
    ['{"id":', 'The stored body of this event is not JSON.'],
    ['7', 'The stored body of this event is not an object.'],
  ])('gives up at once on a body like %s', async (body, lastError) => {
    const poison = anEvent('invoice.paid');
    await store(pipeline, [poison], { body });
    await pipeline.dispatcher.idle();
    expect(await stateOf(db, poison.id)).toBe('DEAD');
    expect(await deliveriesOf(db, poison.id)).toMatchObject({
      'Facts.record': { state: 'DEAD', last_error: lastError },
      'Plugin.onPaid': { state: 'DEAD' },
    });
  });
});

describe('a handler', () => {
  it('that fails is tried again alone: the work of the others stands', async () => {
    const event = anEvent('invoice.voided');
    const { state, deliveries } = await handle(event);
    expect(state).toBe('RETRYING');
    expect(deliveries).toMatchObject({
      'Facts.record': { state: 'DONE' },
      'Plugin.fails': { state: 'RETRYING', tries: 1 },
    });
    expect(deliveries['Plugin.fails']?.last_error).toBe('The sibling is away; key [secret].');
    await eventually(async () =>
      expect((await deliveriesOf(db, event.id))['Plugin.fails']).toMatchObject({ tries: 2 }),
    );
    expect((await deliveriesOf(db, event.id))['Facts.record']).toMatchObject({ tries: 1 });
  });

  it('that gives up is not tried again', async () => {
    const { state, deliveries } = await handle(anEvent('invoice.sent'));
    expect(state).toBe('DEAD');
    expect(deliveries['Plugin.givesUp']).toMatchObject({
      state: 'DEAD',
      tries: 1,
      last_error: 'Nobody wants this.',
      next_try_at: null,
    });
  });

  it('that asks for a later try is left alone until then', async () => {
    const { deliveries } = await handle(anEvent('invoice.overdue'));
    expect(deliveries['Plugin.later']).toMatchObject({ state: 'RETRYING', tries: 1 });
    const inSeconds = (deliveries['Plugin.later']!.next_try_at!.getTime() - Date.now()) / 1000;
    expect(inSeconds).toBeGreaterThan(1700);
    expect(inSeconds).toBeLessThan(1801);
  });

  it('is dead after its last try', async () => {
    const event = anEvent('charge.failed');
    await store(pipeline, [event]);
    await eventually(async () => expect(await stateOf(db, event.id)).toBe('DEAD'));
    expect(await deliveriesOf(db, event.id)).toMatchObject({ 'Plugin.twoTries': { state: 'DEAD', tries: 2 } });
  });

  it('that does not finish in its time has failed', async () => {
    const { deliveries } = await handle(anEvent('charge.updated'));
    expect(deliveries['Plugin.hangs']).toMatchObject({
      state: 'DEAD',
      last_error: 'The handler did not finish within 0.2 s.',
    });
  });

  it('writes and raises events in the transaction of its mark', async () => {
    const event = anEvent('charge.captured');
    await handle(event);
    expect(await db.sql('select id from written where id = $1', [event.id])).toHaveLength(1);
    expect(await db.sql('select type, source, state from event where id = $1', [`acme.noted:${event.id}`])).toEqual([
      { type: 'acme.noted', source: 'LEDGER', state: 'IGNORED' },
    ]);
  });

  it('whose write fails has written and raised nothing', async () => {
    const event = anEvent('charge.refunded');
    const { deliveries } = await handle(event);
    expect(deliveries['Plugin.writeFails']).toMatchObject({ state: 'RETRYING' });
    expect(deliveries['Plugin.writeFails']?.last_error).toMatch(/null value in column "id"/);
    expect(deliveries['Plugin.writeFails']?.last_error).not.toMatch(/insert into|Failing row/);
    expect(await db.sql('select id from written where id = $1', [event.id])).toEqual([]);
    expect(await stateOf(db, `acme.noted:${event.id}`)).toBeUndefined();
  });
});
