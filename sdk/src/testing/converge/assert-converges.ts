import { deepStrictEqual } from 'node:assert/strict';
import type { ServiceEntityManager } from '../../handler-context.js';
import { HandlerMap } from '../../handler-map.js';
import type { Life } from '../life/life.js';
import { createRandom, disorderOf, type Play } from './disorder.js';
import { MemoryLedger } from './memory-ledger.js';
import { type ServiceAccess, playOnService } from './service-run.js';

/** Handlers with what they work on, built afresh for each run. */
export interface ConvergenceSubject {
  readonly map: HandlerMap;
  /** What must be the same at the end of every run: read from the database, or whatever the handlers fill. Sort what has no order. */
  readonly state?: () => unknown;
  /** What `ctx.write` hands to its functions. */
  readonly entityManager?: ServiceEntityManager;
}

/** Handlers, or how to build them, or the address of a running ledger. */
export type ConvergenceTarget = HandlerMap | (() => ConvergenceSubject | Promise<ConvergenceSubject>) | string;

export interface ConvergenceOptions extends Partial<ServiceAccess> {
  /** How many disorders are compared with the orderly run; 20 if left out. */
  readonly runs?: number;
  readonly seed?: number;
}

/**
 * Fails unless a life ends in the same state whatever order its events come in, however often they are repeated, and also when
 * answers are lost so that handlers run again. Of handlers the state is what they emitted, what they left unfinished, and `state()`;
 * of a running ledger, given by its URL, what it says of the checkout intent, its renewals and its subscription.
 *
 * A map keeps its handlers' memory from run to run; give a function that builds it wherever they have any.
 *
 * @throws AssertionError with the seed, the run, the order and the difference.
 */
export async function assertConverges(
  target: ConvergenceTarget,
  life: Life,
  options: ConvergenceOptions = {},
): Promise<void> {
  const { runs = 20, seed = 1 } = options;
  const play = typeof target === 'string' ? playOnService(target, options) : playInMemory(target);
  const orderly = await play(life, (items) => items.map((item) => ({ item, lost: false })));
  for (let run = 1; run <= runs; run += 1) {
    const random = createRandom(seed * 1_000_003 + run);
    let order = '';
    const state = await play(life, (items) => {
      const steps = disorderOf(items, random);
      order = steps.map(({ item, lost }) => `  ${describe(item)}${lost ? ' (answer lost)' : ''}`).join('\n');
      return steps;
    });
    assertSame(
      state,
      orderly,
      `Run ${run} of seed ${seed} ended otherwise than the orderly one, by this order:\n${order}`,
    );
  }
}

function playInMemory(target: HandlerMap | (() => ConvergenceSubject | Promise<ConvergenceSubject>)): Play {
  return async (life, order) => {
    const { map, state, entityManager } = target instanceof HandlerMap ? { map: target } : await target();
    const ledger = new MemoryLedger(map, entityManager);
    for (const { item, lost } of order(life.events)) await ledger.post(item, lost);
    return { ...((await ledger.settle()) as object), state: await state?.() };
  };
}

function assertSame(actual: unknown, expected: unknown, message: string): void {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    (error as Error).message = `${message}\n\n${(error as Error).message}`;
    throw error;
  }
}

function describe(item: unknown): string {
  const { type, id, name } = item as { type?: string; id?: string; name?: string };
  return name ?? `${type} ${id}`;
}
