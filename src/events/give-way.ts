import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 20;

export interface Patience {
  /** One batch is put off by no more. */
  readonly aBatchMs: number;
  /** After pressure has gone on for so long, nothing is put off until it has ended. */
  readonly inAllMs: number;
}

const PATIENCE: Patience = { aBatchMs: 1_000, inAllMs: 10_000 };

/**
 * An answer has a deadline, and what follows it has none: while posts wait to be stored, the batches of a process that takes both are
 * put off, so that they are fewer and larger. What a burst leaves behind is done after it; in a flood both go on side by side.
 */
export function createGiveWay(
  isPressed: () => boolean = () => false,
  { aBatchMs, inAllMs }: Patience = PATIENCE,
): () => Promise<void> {
  let since: number | undefined;
  return async () => {
    const start = performance.now();
    while (isPressed()) {
      since ??= start;
      if (performance.now() - start >= aBatchMs || performance.now() - since >= inAllMs) return;
      await pause(LOOK_MS);
    }
    since = undefined;
  };
}
