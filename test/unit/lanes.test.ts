import { describe, expect, it } from 'vitest';
import { createLanes } from '../../src/events/lanes.js';
import { eventually } from '../support/eventually.js';

interface Item {
  readonly lane: string;
  readonly id: number;
}

/** Lanes whose batches finish when the test says so. */
function heldLanes({ count = 4, batchSize = 3 } = {}) {
  const running: { readonly items: readonly Item[]; readonly finish: (failure?: Error) => void }[] = [];
  const lanes = createLanes<Item>({
    count,
    batchSize,
    laneOf: ({ lane }) => lane,
    run: (items) =>
      new Promise(
        (resolve, reject) =>
          void running.push({ items, finish: (failure) => (failure === undefined ? resolve() : reject(failure)) }),
      ),
  });
  return { lanes, running };
}

const items = (lane: string, ...ids: number[]): Item[] => ids.map((id) => ({ lane, id }));

describe('lanes', () => {
  it('work on what shares a lane one batch after the other, in order', async () => {
    const { lanes, running } = heldLanes();
    const done = lanes.push(items('a', 1, 2, 3, 4));
    expect(running.map((batch) => batch.items.map(({ id }) => id))).toEqual([[1, 2, 3]]);
    running[0]!.finish();
    await eventually(() => expect(running).toHaveLength(2));
    expect(running[1]!.items.map(({ id }) => id)).toEqual([4]);
    running[1]!.finish();
    await done;
  });

  it('work side by side on what does not', () => {
    const { lanes, running } = heldLanes({ count: 64 });
    void lanes.push([...items('a', 1), ...items('b', 2), ...items('c', 3)]);
    expect(running).toHaveLength(3);
  });

  it('take what has come meanwhile into the next batch', async () => {
    const { lanes, running } = heldLanes();
    const first = lanes.push(items('a', 1));
    const second = lanes.push(items('a', 2));
    const third = lanes.push(items('a', 3));
    running[0]!.finish();
    await first;
    await eventually(() => expect(running[1]?.items.map(({ id }) => id)).toEqual([2, 3]));
    running[1]!.finish();
    await Promise.all([second, third]);
  });

  it('take no batch before they are told to, and then all that has come', async () => {
    const { promise: ready, resolve: go } = Promise.withResolvers<void>();
    const batches: number[][] = [];
    const lanes = createLanes<Item>({
      count: 1,
      batchSize: 3,
      laneOf: ({ lane }) => lane,
      untilReady: () => ready,
      run: async (batch) => void batches.push(batch.map(({ id }) => id)),
    });
    const done = Promise.all([lanes.push(items('a', 1)), lanes.push(items('a', 2))]);
    expect(batches).toEqual([]);
    go();
    await done;
    expect(batches).toEqual([[1, 2]]);
  });

  it('tell of a failure when all that was pushed together has been worked on, and go on', async () => {
    const { lanes, running } = heldLanes({ batchSize: 1 });
    let settled = false;
    const both = lanes
      .push(items('a', 1, 2))
      .catch((error: Error) => error.message)
      .finally(() => {
        settled = true;
      });
    running[0]!.finish(new Error('no'));
    await eventually(() => expect(running).toHaveLength(2));
    expect(settled).toBe(false);
    running[1]!.finish();
    expect(await both).toBe('no');
  });

  it('are done at once with nothing', async () => {
    await expect(heldLanes().lanes.push([])).resolves.toBeUndefined();
  });
});
