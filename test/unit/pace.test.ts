import { expect, it } from 'vitest';
import { createPace } from '../../src/stripe/pace.js';

/** When each of so many turns came, in milliseconds. */
async function turns(count: number, pace: ReturnType<typeof createPace>): Promise<number[]> {
  const start = performance.now();
  return Promise.all(
    Array.from({ length: count }, async () => {
      await pace.turn();
      return performance.now() - start;
    }),
  );
}

it('all who share a pace go one by one, never faster than it', async () => {
  const times = await turns(11, createPace(100));
  for (const [index, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(index * 10 - 0.1);
});

it('a hold keeps back also those that wait already', async () => {
  const pace = createPace(1000);
  await pace.turn();
  const waiting = turns(3, pace);
  pace.hold(50);
  for (const time of await waiting) expect(time).toBeGreaterThanOrEqual(49);
});
