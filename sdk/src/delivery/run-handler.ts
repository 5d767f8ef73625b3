import { WriteUnavailableError } from '../errors.js';
import type { AnyEvent } from '../event-types.js';
import type { HandlerContext, HandlerLog, ServiceWrite } from '../handler-context.js';
import type { RegisteredHandler } from '../handler-map.js';
import { isGiveUp, isRetryLater, isWaitFor } from '../outcomes.js';
import { type EmittedEvent, toEmittedEvent } from './emitted-event.js';

export type HandlerOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'waiting'; readonly waitFor: string }
  | { readonly kind: 'retryLater'; readonly afterSeconds: number; readonly error: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'gaveUp'; readonly error: unknown };

/** One handler's run of one event. What it emitted or wrote counts only when it is done. */
export interface HandlerRun {
  readonly handler: RegisteredHandler;
  readonly deliveryKey: string;
  readonly outcome: HandlerOutcome;
  readonly emitted: readonly EmittedEvent[];
  readonly writes: readonly ServiceWrite[];
}

export interface HandlerCall {
  readonly tries: number;
  readonly deliveryKey: string;
  readonly log: HandlerLog;
  readonly signal: AbortSignal;
  /** Takes `ctx.write`; without it, `ctx.write` throws. */
  readonly writable: boolean;
}

/** Runs a handler to its end, or until the signal is aborted, and says how it ended. Never throws. */
export async function runHandler(handler: RegisteredHandler, event: AnyEvent, call: HandlerCall): Promise<HandlerRun> {
  const emitted: EmittedEvent[] = [];
  const writes: ServiceWrite[] = [];
  const outcome = await outcomeOf(handler, event, contextOf(call, emitted, writes));
  // Copies: what a handler that was left behind still emits has no effect.
  return { handler, deliveryKey: call.deliveryKey, outcome, emitted: [...emitted], writes: [...writes] };
}

async function outcomeOf(handler: RegisteredHandler, event: AnyEvent, ctx: HandlerContext): Promise<HandlerOutcome> {
  try {
    const result = await untilAborted(() => handler.run(event, ctx), ctx.signal);
    return isWaitFor(result) ? { kind: 'waiting', waitFor: result.waitFor } : { kind: 'done' };
  } catch (error) {
    if (isGiveUp(error)) return { kind: 'gaveUp', error };
    if (isRetryLater(error)) return { kind: 'retryLater', afterSeconds: error.secondsFrom(Date.now()), error };
    return { kind: 'failed', error };
  }
}

function contextOf(call: HandlerCall, emitted: EmittedEvent[], writes: ServiceWrite[]): HandlerContext {
  return {
    tries: call.tries,
    deliveryKey: call.deliveryKey,
    log: call.log,
    signal: call.signal,
    emit: (type, key, payload) => {
      emitted.push(toEmittedEvent(type, key, payload));
    },
    write: (write) => {
      if (!call.writable) throw new WriteUnavailableError();
      writes.push(write);
    },
  };
}

/** Work whose signal is aborted already is not begun. */
async function untilAborted<Result>(begin: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) throw reasonOf(signal);
  const settled = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true, signal: settled.signal });
  });
  const work = begin();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    settled.abort();
    work.catch(() => undefined); // a handler that was left behind must not end the process when it fails
  }
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('The run was aborted.', { cause: reason });
}
