import { LedgerError } from '../errors.js';

/** Ctrl-C, or SIGTERM: the command stopped where it can go on. */
export class InterruptedError extends LedgerError {
  readonly code = 'INTERRUPTED';
}

const AGAIN_MS = 1_000;

/**
 * Runs work that is told by its signal to stop: on the first Ctrl-C between two steps, on one that comes a second later or more at once.
 * `sentence` says what is left and how to go on. (A terminal can deliver one Ctrl-C twice: to this process, and through its parent.)
 */
export async function interruptible<T>(sentence: () => string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  let first: number | undefined;
  const stop = () => {
    if (first !== undefined && performance.now() - first > AGAIN_MS) process.exit(EXIT_INTERRUPTED);
    first ??= performance.now();
    stopping.abort(new InterruptedError(sentence()));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    return await work(stopping.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** As a shell has it of a process that SIGINT ended. */
export const EXIT_INTERRUPTED = 130;
