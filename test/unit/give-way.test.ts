import { describe, expect, it } from 'vitest';
import { createGiveWay } from '../../src/events/give-way.js';

/** A batch's wait under the pressure that the test sets, and how long it was. */
function waits() {
  const state = { isPressed: true };
  const giveWay = createGiveWay(() => state.isPressed, { aBatchMs: 200, inAllMs: 500 });
  const wait = async (): Promise<number> => {
    const start = performance.now();
    await giveWay();
    return performance.now() - start;
  };
  return { state, wait };
}

describe('a batch', () => {
  it('goes at once while nobody is pressed', async () => {
    const { state, wait } = waits();
    state.isPressed = false;
    expect(await wait()).toBeLessThan(100);
  });

  it('is put off while posts press, and not for longer than its patience', async () => {
    const { wait } = waits();
    expect(await wait()).toBeGreaterThanOrEqual(200);
  });

  it('goes as soon as the pressure ends', async () => {
    let looks = 0;
    await createGiveWay(() => ++looks < 3, { aBatchMs: 600_000, inAllMs: 600_000 })();
    expect(looks).toBe(3);
  });

  it('is put off no more in a flood that does not end, until it has ended', async () => {
    const { state, wait } = waits();
    let waited = 0;
    while (waited < 500) waited += await wait();
    expect(await wait()).toBeLessThan(100);
    state.isPressed = false;
    await wait();
    state.isPressed = true;
    expect(await wait()).toBeGreaterThanOrEqual(200);
  });
});
