import type { HandlerOptions } from '@renewal-ledger/sdk';
import { isGiveUp, isRetryLater } from '@renewal-ledger/sdk';
import { toLastError } from './last-error.js';

/** What a run of a handler comes to, as it will stand in `delivery`. */
export interface Mark {
  readonly state: 'DONE' | 'WAITING' | 'RETRYING' | 'DEAD';
  readonly tries: number;
  readonly waitingFor: string | null;
  readonly lastError: string | null;
  /** From now; null where nothing more is to come. */
  readonly nextTrySeconds: number | null;
}

/** The delivery as the run found it. */
export interface Before {
  readonly state: string;
  readonly waitingFor: string | null;
}

/** How often a delivery that waits looks again although nobody signalled. */
export const SLOW_LOOK_SECONDS = 3600;

const DEFAULT_TRIES = 16;
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 3600;
/** Ten years. What a handler asks for beyond it may be a time that no calendar, or no database, can write. */
const LATEST_TRY_SECONDS = 315_360_000;

export const doneMark = (tries: number): Mark => ({
  state: 'DONE',
  tries,
  waitingFor: null,
  lastError: null,
  nextTrySeconds: null,
});

/**
 * WAITING does not use up the try. A delivery that was not yet waiting for this key looks once more at once: what it waits for
 * may have come, and been signalled, between its look and its mark. From the second look on a signal finds it.
 */
export function waitingMark(key: string, tries: number, before: Before): Mark {
  const wasArmed = before.state === 'WAITING' && before.waitingFor === key;
  return {
    state: 'WAITING',
    tries: tries - 1,
    waitingFor: key,
    lastError: null,
    nextTrySeconds: wasArmed ? SLOW_LOOK_SECONDS : 0,
  };
}

export interface Failure {
  readonly error: unknown;
  /** This try's number. */
  readonly tries: number;
  readonly options: HandlerOptions;
  readonly now: Date;
}

/** RETRYING until the tries are used up, DEAD then or at once where the handler gave up. `RetryLater` counts as a try. */
export function failureMark({ error, tries, options, now }: Failure): Mark {
  const lastError = toLastError(error);
  if (isGiveUp(error) || tries >= (options.tries ?? DEFAULT_TRIES)) {
    return { state: 'DEAD', tries, waitingFor: null, lastError, nextTrySeconds: null };
  }
  const pause = isRetryLater(error) ? error.secondsFrom(now.getTime()) : pauseAfter(tries, options.backoff);
  return { state: 'RETRYING', tries, waitingFor: null, lastError, nextTrySeconds: Math.min(pause, LATEST_TRY_SECONDS) };
}

/** Seconds after the given try: doubled each time, and spread by a quarter either side so that what failed together does not return together. */
export function pauseAfter(
  tries: number,
  backoff: HandlerOptions['backoff'] = {},
  random: () => number = Math.random,
): number {
  const { firstSeconds = FIRST_PAUSE_SECONDS, maxSeconds = LONGEST_PAUSE_SECONDS } = backoff;
  const doubled = firstSeconds * 2 ** Math.min(tries - 1, 30);
  return Math.min(maxSeconds, doubled * (0.75 + random() / 2));
}
