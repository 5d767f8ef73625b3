import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { type NewEvent, readNewEvent } from '../../src/events/new-event.js';
import { type EventStore, EventWriter, NotStoredError, type WriterLimits } from '../../src/events/writer.js';
import { eventually } from '../support/eventually.js';

interface Group {
  readonly ids: string[];
  readonly bodies: string[];
  end(error?: Error): void;
}

/** A store whose groups end when the test says so; it holds the ids of those that ended well. */
class HeldStore implements EventStore {
  readonly groups: Group[] = [];
  readonly #stored = new Set<string>();

  insert(events: readonly NewEvent[]): Promise<ReadonlySet<string>> {
    return new Promise((resolve, reject) => {
      const ids = events.map(({ id }) => id);
      const end = (error?: Error) => {
        if (error) return reject(error);
        const fresh = ids.filter((id) => !this.#stored.has(id));
        for (const id of fresh) this.#stored.add(id);
        resolve(new Set(fresh));
      };
      this.groups.push({ ids, bodies: events.map(({ body }) => body.toString()), end });
    });
  }

  isOfARow(error: unknown): boolean {
    return error instanceof RangeError;
  }

  /** Ends every group as it comes until no more come. */
  async endAll(failWhere: (ids: readonly string[]) => Error | undefined = () => undefined): Promise<void> {
    for (let ended = 0; ended < this.groups.length;) {
      for (; ended < this.groups.length; ended += 1) this.groups[ended]?.end(failWhere(this.groups[ended]?.ids ?? []));
      await turn();
    }
  }
}

/** Lets everything run that can run without the outside. */
const turn = async () => {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
};

function anEvent(id: string, note = ''): NewEvent {
  const event = readNewEvent(Buffer.from(JSON.stringify({ id, type: 'plan.created', note })), 'both');
  if (event === undefined) throw new Error('The test made no event.');
  return event;
}

function open(limits: Partial<WriterLimits> = {}) {
  const store = new HeldStore();
  return { store, writer: new EventWriter(store, pino({ level: 'silent' }), limits) };
}

const idsOf = (store: HeldStore) => store.groups.map(({ ids }) => ids);
const codeOf = (outcome: Promise<unknown>) =>
  outcome.catch((error: unknown) => (error instanceof NotStoredError ? error.code : error));

describe('events share a group', () => {
  test('with those that came at the same time, and a lone one waits for nobody', async () => {
    const { store, writer } = open();
    const outcomes = [writer.write(anEvent('evt_1'))];
    await turn();
    outcomes.push(writer.write(anEvent('evt_2')), writer.write(anEvent('evt_3')));
    await turn();
    expect(idsOf(store)).toEqual([['evt_1'], ['evt_2', 'evt_3']]);
    await store.endAll();
    expect(await Promise.all(outcomes)).toEqual(['STORED', 'STORED', 'STORED']);
  });

  test('of sixteen at once, before the turn that they came in is over', async () => {
    const { store, writer } = open();
    const ids = Array.from({ length: 20 }, (_, index) => `evt_${index}`);
    const outcomes = ids.map((id) => writer.write(anEvent(id)));
    expect(idsOf(store)).toEqual([ids.slice(0, 16)]);
    await turn();
    expect(idsOf(store)).toEqual([ids.slice(0, 16), ids.slice(16)]);
    await store.endAll();
    expect(await Promise.all(outcomes)).toHaveLength(20);
  });

  test('with all that came while the slots were busy', async () => {
    const { store, writer } = open({ slots: 1 });
    const outcomes = ['evt_1', 'evt_2', 'evt_3', 'evt_4'].map(async (id, index) => {
      if (index > 0) await turn();
      return writer.write(anEvent(id));
    });
    await turn();
    await turn();
    expect(idsOf(store)).toEqual([['evt_1']]);
    await store.endAll();
    expect(idsOf(store)).toEqual([['evt_1'], ['evt_2', 'evt_3', 'evt_4']]);
    expect(await Promise.all(outcomes)).toHaveLength(4);
  });

  test('up to a number of events, and of bytes, but one that is larger has a group of its own', async () => {
    const { store, writer } = open({ slots: 1, eventsPerGroup: 3, bytesPerGroup: 500 });
    const outcomes = [1, 2, 3, 4].map((number) => writer.write(anEvent(`evt_${number}`)));
    outcomes.push(writer.write(anEvent('evt_long', 'x'.repeat(2_000))), writer.write(anEvent('evt_5')));
    await turn();
    await store.endAll();
    expect(idsOf(store)).toEqual([['evt_1', 'evt_2', 'evt_3'], ['evt_4'], ['evt_long'], ['evt_5']]);
    await Promise.all(outcomes);
  });
});

test('of two with one id in a group the first is stored, and the other is a duplicate', async () => {
  const { store, writer } = open();
  const outcomes = [writer.write(anEvent('evt_1', 'first')), writer.write(anEvent('evt_1', 'second'))];
  await turn();
  await store.endAll();
  expect(await Promise.all(outcomes)).toEqual(['STORED', 'DUPLICATE']);
  expect(store.groups.flatMap(({ bodies }) => bodies)).toEqual([expect.stringContaining('first')]);
});

describe('a group fails', () => {
  const ids = Array.from({ length: 8 }, (_, index) => `evt_${index}`);

  test('by halves, until the event that made it fail stands alone', async () => {
    const { store, writer } = open();
    const outcomes = ids.map((id) => codeOf(writer.write(anEvent(id))));
    await turn();
    await store.endAll((group) => (group.includes('evt_5') ? new RangeError('poison') : undefined));
    expect(await Promise.all(outcomes)).toEqual(ids.map((id) => (id === 'evt_5' ? 'NOT_STORED' : 'STORED')));
  });

  test('whole, where no event is to blame', async () => {
    const { store, writer } = open();
    const outcomes = ids.map((id) => codeOf(writer.write(anEvent(id))));
    await turn();
    await store.endAll(() => new Error('away'));
    expect(await Promise.all(outcomes)).toEqual(ids.map(() => 'NOT_STORED'));
    expect(store.groups).toHaveLength(1);
  });
});

describe('the writer is pressed', () => {
  test('while more than a few posts are in hand, also on their way to the database', async () => {
    const { store, writer } = open({ slots: 1 });
    const outcomes = ['evt_1', 'evt_2', 'evt_3'].map((id) => writer.write(anEvent(id)));
    await turn();
    expect(writer.isPressed).toBe(false);
    outcomes.push(writer.write(anEvent('evt_4')));
    expect(writer.isPressed).toBe(true);
    await store.endAll();
    await Promise.all(outcomes);
    expect(writer.isPressed).toBe(false);
  });
});

describe('an event is refused', () => {
  test('when its patience ends, in a group or in the queue, and what waited no longer is not written', async () => {
    const { store, writer } = open({ slots: 1, patienceMs: 50 });
    const outcomes = [codeOf(writer.write(anEvent('evt_1')))];
    await turn();
    outcomes.push(codeOf(writer.write(anEvent('evt_2'))));
    expect(await Promise.all(outcomes)).toEqual(['NOT_STORED', 'NOT_STORED']);
    await store.endAll();
    expect(idsOf(store)).toEqual([['evt_1']]);
    expect(writer.queued).toBe(0);
  });

  test.each<[string, Partial<WriterLimits>]>([
    ['many events', { eventsInQueue: 2 }],
    ['many bytes', { bytesInQueue: 2 * anEvent('evt_0').body.length }],
  ])('at once, while too %s wait', async (_, limits) => {
    const { store, writer } = open({ slots: 0, patienceMs: 200, ...limits });
    const waiting = [codeOf(writer.write(anEvent('evt_1'))), codeOf(writer.write(anEvent('evt_2')))];
    const start = performance.now();
    expect(await codeOf(writer.write(anEvent('evt_3')))).toBe('NOT_STORED');
    expect(performance.now() - start).toBeLessThan(100);
    await Promise.all(waiting);
    expect(store.groups).toEqual([]);
    expect(await codeOf(writer.write(anEvent('evt_4')).catch((error: NotStoredError) => error.message))).toContain(
      'in time',
    );
  });

  test('once the writer is closing, which waits for those that came before', async () => {
    const { store, writer } = open();
    const before = writer.write(anEvent('evt_1'));
    const closed = writer.close();
    expect(await codeOf(writer.write(anEvent('evt_2')))).toBe('NOT_STORED');
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    await turn();
    expect(isClosed).toBe(false);
    await store.endAll();
    expect(await before).toBe('STORED');
    await eventually(() => expect(isClosed).toBe(true));
  });
});
