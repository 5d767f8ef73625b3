import { GiveUp, HandlerMap } from '@renewal-ledger/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IgnoredBecause } from '../../src/events/ignored.js';
import { createReplay } from '../../src/events/replay.js';
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
let isBroken = true;
const runs: string[] = [];
const held: { readonly id: string; readonly finish: () => void }[] = [];

beforeAll(async () => {
  db = await openDatabase();
  await db.sql('create table written (run int not null)');
  pipeline = await openPipeline(db, {
    handlers: new HandlerMap()
      .on('charge.*', (event) => void runs.push(`first ${event.id}`), { name: 'First.run' })
      .on(
        'charge.*',
        (event) => {
          runs.push(`second ${event.id}`);
          if (isBroken) throw new GiveUp('It is broken.');
        },
        { name: 'Second.run' },
      )
      .on(
        'payout.paid',
        async (event, ctx) => {
          const run = held.length + 1;
          await new Promise<void>((finish) => void held.push({ id: event.id, finish }));
          ctx.write(async (em) => void (await em.execute(`insert into written values (${run})`)));
        },
        { name: 'Holding.run' },
      ),
  });
});
afterAll(async () => {
  await pipeline.stop();
  await db.close();
});

async function aDeadEvent() {
  isBroken = true;
  const event = anEvent('charge.captured');
  await store(pipeline, [event]);
  await pipeline.dispatcher.idle();
  expect(await stateOf(db, event.id)).toBe('DEAD');
  isBroken = false;
  runs.length = 0;
  return event;
}

describe('replayEvents', () => {
  it('runs dead deliveries again, with all their tries, and leaves alone those that are done', async () => {
    const event = await aDeadEvent();
    expect(await pipeline.replay({ ids: [event.id] })).toEqual({ replayed: 1, refused: [] });
    await pipeline.dispatcher.idle();
    expect(await stateOf(db, event.id)).toBe('HANDLED');
    expect(runs).toEqual([`second ${event.id}`]);
    expect((await deliveriesOf(db, event.id))['Second.run']).toMatchObject({
      state: 'DONE',
      tries: 1,
      last_error: null,
    });
  });

  it('runs those too that are done when it is forced', async () => {
    const event = await aDeadEvent();
    await pipeline.replay({ ids: [event.id], force: true });
    await pipeline.dispatcher.idle();
    expect(runs.toSorted()).toEqual([`first ${event.id}`, `second ${event.id}`]);
  });

  it('runs only the deliveries of the handler that is named', async () => {
    const event = await aDeadEvent();
    await pipeline.replay({ ids: [event.id], handler: 'First.run', force: true });
    await pipeline.dispatcher.idle();
    expect(runs).toEqual([`first ${event.id}`]);
    expect(await stateOf(db, event.id)).toBe('DEAD');
  });

  it('refuses a handler that no worker has known, and leaves the event alone', async () => {
    const event = await aDeadEvent();
    await expect(pipeline.replay({ ids: [event.id], handler: 'First.rum' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('no handler named First.rum'),
    });
    await pipeline.dispatcher.idle();
    expect(await stateOf(db, event.id)).toBe('DEAD');
    expect(runs).toEqual([]);
  });

  it('takes one that is gone as long as deliveries name it', async () => {
    const event = await aDeadEvent();
    await db.sql(`insert into delivery (event_id, handler, state) values ($1, 'Gone.run', 'DEAD')`, [event.id]);
    expect(await pipeline.replay({ ids: [event.id], handler: 'Gone.run' })).toEqual({ replayed: 1, refused: [] });
  });

  it('adds the deliveries of handlers that came later', async () => {
    const event = await aDeadEvent();
    await db.sql(`delete from delivery where event_id = $1 and handler = 'First.run'`, [event.id]);
    await pipeline.replay({ ids: [event.id] });
    await pipeline.dispatcher.idle();
    expect(runs.toSorted()).toEqual([`first ${event.id}`, `second ${event.id}`]);
  });

  it('gives an event that was held back to the handler that is named and no other, and to all when none is', async () => {
    const event = anEvent('charge.captured');
    await store(pipeline, [event], { wake: false });
    await db.sql(`update event set state = 'IGNORED', ignored_because = 'Held back: old.' where id = $1`, [event.id]);
    isBroken = false;
    runs.length = 0;
    const replay = async (handler?: string) => {
      await pipeline.replay({ ids: [event.id], handler });
      await pipeline.dispatcher.idle();
      return [await stateOf(db, event.id), ...runs.splice(0).toSorted()];
    };
    expect(await replay('First.run')).toEqual(['HANDLED', `first ${event.id}`]);
    expect(await replay()).toEqual(['HANDLED', `second ${event.id}`]);
  });

  it('for one handler takes no event from the others that waits to be given to all', async () => {
    const event = anEvent('charge.captured');
    await store(pipeline, [event], { wake: false });
    isBroken = false;
    runs.length = 0;
    await pipeline.replay({ ids: [event.id], handler: 'First.run' });
    await pipeline.dispatcher.idle();
    expect(runs.toSorted()).toEqual([`first ${event.id}`, `second ${event.id}`]);
  });

  it('releases an event that was ignored because nobody handled it, or was held back', async () => {
    const event = anEvent('charge.captured');
    await store(pipeline, [event], { wake: false });
    await db.sql(`update event set state = 'IGNORED', ignored_because = 'Held back: old.' where id = $1`, [event.id]);
    isBroken = false;
    await pipeline.replay({ ids: [event.id] });
    await pipeline.dispatcher.idle();
    expect(await db.sql('select state, ignored_because from event where id = $1', [event.id])).toEqual([
      { state: 'HANDLED', ignored_because: null },
    ]);
  });

  it('counts each event once, and refuses with a reason those that cannot be run', async () => {
    const [fine, erased, otherMode] = [
      anEvent('charge.captured'),
      anEvent('charge.captured'),
      anEvent('charge.captured'),
    ] as const;
    await store(pipeline, [fine, erased, otherMode], { wake: false });
    await db.sql(`update event set payload_erased_at = now() where id = $1`, [erased.id]);
    const reason = 'The event is of the other mode; LIVEMODE says which one counts.';
    await db.sql(`update event set state = 'IGNORED', ignored_because = $2 where id = $1`, [otherMode.id, reason]);
    const answer = await pipeline.replay({ ids: [fine.id, fine.id, erased.id, otherMode.id, 'evt_unknown'] });
    expect(answer.replayed).toBe(1);
    expect(answer.refused).toHaveLength(3);
    expect(answer.refused).toEqual(
      expect.arrayContaining([
        { eventId: erased.id, reason: 'The payload of this event is erased.' },
        { eventId: otherMode.id, reason },
        { eventId: 'evt_unknown', reason: 'There is no event of this id.' },
      ]),
    );
    expect(await stateOf(db, otherMode.id)).toBe('IGNORED');
  });

  it.each(['test', 'both'] as const)(
    'refuses events of the other mode until LIVEMODE says that theirs counts, such as %s',
    async (livemode) => {
      const event = anEvent('charge.captured');
      await store(pipeline, [event], { wake: false });
      await db.sql(`update event set state = 'IGNORED', livemode = false, ignored_because = $2 where id = $1`, [
        event.id,
        IgnoredBecause.OTHER_MODE,
      ]);
      isBroken = false;
      const refused = [{ eventId: event.id, reason: IgnoredBecause.OTHER_MODE }];
      const replay = createReplay(db.em(), pipeline.jobs, 'live');
      expect(await replay({ ids: [event.id] })).toEqual({ replayed: 0, refused });
      const replayNow = createReplay(db.em(), pipeline.jobs, livemode);
      expect(await replayNow({ ids: [event.id] })).toEqual({ replayed: 1, refused: [] });
      await pipeline.dispatcher.idle();
      expect(await stateOf(db, event.id)).toBe('HANDLED');
    },
  );

  it('supersedes a run that is under way: one of the two commits', async () => {
    const event = anEvent('payout.paid');
    await store(pipeline, [event]);
    await eventually(() => expect(held).toHaveLength(1));
    await pipeline.replay({ ids: [event.id] });
    await eventually(() => expect(held).toHaveLength(2));
    for (const { finish } of held) finish();
    await eventually(async () => expect(await stateOf(db, event.id)).toBe('HANDLED'));
    await pipeline.dispatcher.idle();
    expect(await db.sql('select run from written')).toEqual([{ run: 2 }]);
  });
});
