import { InvalidWaitKeyError, SdkError } from './errors.js';

declare const waiting: unique symbol;

/** A handler's answer that it cannot go on before something has arrived. Made by `waitFor`. */
export interface WaitFor {
  readonly waitFor: string;
  readonly [waiting]: true;
}

const WAIT_KEY = /^(?:invoice|subscription|renewal|link):[^\s\0]{1,255}$/;

/**
 * Return it from a handler that cannot go on yet: `return waitFor('renewal:42')`. The delivery waits without using up tries, runs
 * again when the key is signalled and now and then besides, and is dead after 30 days.
 *
 * Keys: `invoice:<id>`, `subscription:<id>`, `renewal:<id>` (something about it changed), `link:<invoice id>` (a renewal took it).
 */
export function waitFor(key: string): WaitFor {
  if (!WAIT_KEY.test(key)) throw new InvalidWaitKeyError(key);
  return Object.freeze({ waitFor: key }) as WaitFor;
}

/** Recognises the answers of another installed copy of this package too. */
export function isWaitFor(value: unknown): value is WaitFor {
  const key = (value as { waitFor?: unknown } | null | undefined)?.waitFor;
  return typeof key === 'string' && WAIT_KEY.test(key);
}

/** Throw it to choose when the next try is. It counts as a try. */
export class RetryLater extends SdkError {
  readonly code = 'RETRY_LATER';
  readonly #after: number | Date;

  /** `after`: seconds from now, or the moment. */
  constructor(after: number | Date, message = 'The handler asked to be tried again later.', options?: ErrorOptions) {
    super(message, options);
    const amount = Number(after);
    if (!Number.isFinite(amount) || (typeof after === 'number' && amount < 0)) {
      throw new RangeError('RetryLater takes seconds, zero or more, or a valid Date.');
    }
    this.#after = after;
  }

  /** Seconds to wait, seen from `now` (epoch milliseconds); never below zero. */
  secondsFrom(now: number): number {
    return typeof this.#after === 'number' ? this.#after : Math.max(0, (this.#after.getTime() - now) / 1000);
  }
}

/** Throw it when another try cannot help: the delivery is dead at once, and `replayEvents` can still run it again. */
export class GiveUp extends SdkError {
  readonly code = 'GIVE_UP';
}

/** Like `instanceof`, and true for another installed copy of this package too. */
export function isRetryLater(error: unknown): error is RetryLater {
  return codeOf(error) === 'RETRY_LATER' && typeof (error as Partial<RetryLater>).secondsFrom === 'function';
}

/** Like `instanceof`, and true for another installed copy of this package too. */
export function isGiveUp(error: unknown): error is GiveUp {
  return codeOf(error) === 'GIVE_UP';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as { code?: unknown }).code : undefined;
}
