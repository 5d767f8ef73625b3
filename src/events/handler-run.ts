import {
  type AnyEvent,
  type EmittedEvent,
  type HandlerContext,
  isWaitFor,
  type RegisteredHandler,
  type ServiceWrite,
  toEmittedEvent,
} from '@renewal-ledger/sdk';
import type { Logger } from '../log.js';
import { handlerLog } from './fact-reading.js';

/** What a handler left behind when it returned. */
export interface HandlerWork {
  readonly waitingFor: string | null;
  readonly writes: readonly ServiceWrite[];
  readonly emitted: readonly EmittedEvent[];
}

export interface HandlerRun {
  readonly handler: RegisteredHandler;
  readonly event: AnyEvent;
  readonly deliveryKey: string;
  readonly tries: number;
  readonly timeoutSeconds: number;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

/**
 * Runs a handler, with no transaction open, and answers what it asked for; throws what it threw. A handler whose time is up has failed,
 * whether it heeds `ctx.signal` or not: what it does afterwards has no effect.
 */
export async function runHandler(run: HandlerRun): Promise<HandlerWork> {
  const time = AbortSignal.timeout(run.timeoutSeconds * 1000);
  const signal = AbortSignal.any([time, run.stopping]);
  const { context, close } = openContext(run, signal);
  try {
    const answer = await untilAborted(run.handler.run(run.event, context), signal, () =>
      time.aborted
        ? new Error(`The handler did not finish within ${run.timeoutSeconds} s.`)
        : new Error('The process stopped.'),
    );
    return { waitingFor: isWaitFor(answer) ? answer.waitFor : null, ...close() };
  } finally {
    close();
  }
}

/** What the promise comes to, or the reason's error once the signal is aborted. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, reason: () => Error): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(reason());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

function openContext({ deliveryKey, tries, log }: HandlerRun, signal: AbortSignal) {
  const writes: ServiceWrite[] = [];
  const emitted: EmittedEvent[] = [];
  let isOpen = true;
  const assertOpen = (method: string) => {
    if (!isOpen)
      throw new TypeError(
        `ctx.${method} was called after the handler had returned, and has no effect. Await what you start.`,
      );
  };
  const context: HandlerContext = {
    tries,
    deliveryKey,
    log: handlerLog(log, deliveryKey),
    signal,
    emit(type, key, payload) {
      assertOpen('emit');
      emitted.push(toEmittedEvent(type, key, payload));
    },
    write(write) {
      assertOpen('write');
      writes.push(write);
    },
  };
  return {
    context,
    close() {
      isOpen = false;
      return { writes, emitted };
    },
  };
}
