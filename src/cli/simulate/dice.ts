import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Chance that a seed repeats exactly. */
export interface Dice {
  /** A whole number from 1 to `most`. */
  upTo(most: number): number;
  isLucky(chance: number): boolean;
  shuffled<T>(items: readonly T[]): T[];
}

export function createDice(seed: number): Dice {
  const generator = xoroshiro128plus(seed);
  const between = (least: number, most: number): number => uniformInt(generator, least, most);
  return {
    upTo: (most) => between(1, most),
    isLucky: (chance) => between(1, 1_000_000) <= chance * 1_000_000,
    shuffled(items) {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last -= 1) {
        const other = between(0, last);
        [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
      }
      return shuffled;
    },
  };
}
