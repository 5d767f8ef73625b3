import { setTimeout as pause } from 'node:timers/promises';

/** Turns at an even pace, for all that share it. */
export interface Pace {
  /** Resolves when the caller may go: in the order of asking. */
  turn(): Promise<void>;
  /** Nobody goes for so long, those that wait already included. */
  hold(milliseconds: number): void;
}

export function createPace(perSecond: number): Pace {
  const gap = 1000 / perSecond;
  let next = 0;
  let last = Promise.resolve();
  const take = async (): Promise<void> => {
    for (let wait = next - performance.now(); wait > 0; wait = next - performance.now()) await pause(wait);
    next = performance.now() + gap;
  };
  return {
    turn() {
      last = last.then(take);
      return last;
    },
    hold(milliseconds) {
      next = Math.max(next, performance.now() + milliseconds);
    },
  };
}
