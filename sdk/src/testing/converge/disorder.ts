import type { Life } from '../life/life.js';

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One step of a disorderly run. */
export interface Step<Item> {
  readonly item: Item;
  /** The first answer is lost: it runs, and is posted again at the end. */
  readonly lost: boolean;
}

/** Plays a life in an order and answers the state at its end. */
export type Play = (life: Life, order: <Item>(items: readonly Item[]) => Step<Item>[]) => Promise<unknown>;

/** Every item at least once, in any order: about a third of them twice, and of a fifth the first answer is lost. */
export function disorderOf<Item>(items: readonly Item[], random: () => number): Step<Item>[] {
  const again = items.filter(() => random() < 1 / 3);
  const steps = shuffled([...items, ...again], random).map((item) => ({ item, lost: random() < 1 / 5 }));
  return [...steps, ...steps.filter((step) => step.lost).map(({ item }) => ({ item, lost: false }))];
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
