import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { disordered, orderly, play, type Step, stories, type Story } from '../support/convergence.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

/** More of them, all of them whatever time they take: npm run prove -- --runs 2000 --seed 42 */
const RUNS = Number(process.env['PROVE_RUNS'] ?? 25);
const SEED = process.env['PROVE_SEED'];
const LIMIT = process.env['PROVE_RUNS'] === undefined ? [fc.interruptAfterTimeLimit(60_000)] : [];

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});

afterAll(() => ledger.close());

it(
  'any order and duplication of a subscription’s life, by two workers at once, ends as the orderly one',
  { timeout: 60_000 + RUNS * 4_000 },
  async () => {
    const cases = stories.chain((story) => disordered(story).map((batches): [Story, Step[][]] => [story, batches]));
    await fc.assert(
      fc.asyncProperty(cases, async ([story, batches]) => {
        const expected = await play(ledger, story, orderly(story));
        expect(await play(ledger, story, batches)).toEqual(expected);
      }),
      { numRuns: RUNS, plugins: LIMIT, ...(SEED !== undefined && { seed: Number(SEED) }), endOnFailure: true },
    );
  },
);
