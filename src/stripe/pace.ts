import { setTimeout as pause } from 'node:timers/promises';

/** Turns at an even pace, for all that share it. */
export interface Pace {
  /** Resolves when the caller may go: one by one, however many wait. */
  turn(): Promise<void>;
  /** Nobody goes for so long, those that wait already included. */
  hold(milliseconds: number): void;
}

export function createPace(perSecond: number): Pace {
  const gap = 1000 / perSecond;
  let next = 0;
  return {
    async turn() {
      for (let wait = next - performance.now(); wait > 0; wait = next - performance.now()) await pause(wait);
      next = performance.now() + gap;
    },
    hold(milliseconds) {
      next = Math.max(next, performance.now() + milliseconds);
    },
  };
}
