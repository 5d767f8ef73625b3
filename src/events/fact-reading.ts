import type { HandlerContext, RegisteredHandler } from '@renewal-ledger/sdk';
import type { Logger } from '../log.js';
import type { ReadEvent } from './fact-recorder.js';
import { createdOf, parseEvent, type StoredEvent } from './stored-event.js';

/** A fact handler that is to run, and which try it is. */
export interface FactRun {
  readonly handler: RegisteredHandler;
  readonly tries: number;
}

export interface Reading {
  /** Null where no handler recorded anything. */
  readonly read: ReadEvent | null;
  /** By the name of the handler; its facts are left out. */
  readonly failures: ReadonlyMap<string, unknown>;
}

/** Runs an event's fact handlers, each on its own: what one throws takes nothing from the others, nor from other events. */
export async function readFacts(event: StoredEvent, runs: readonly FactRun[], log: Logger): Promise<Reading> {
  const facts: object[] = [];
  const failures = new Map<string, unknown>();
  const failAll = (error: unknown): Reading => ({
    read: null,
    failures: new Map(runs.map(({ handler }) => [handler.name, error])),
  });
  let parsed;
  try {
    parsed = parseEvent(event);
  } catch (error) {
    return failAll(error);
  }
  for (const { handler, tries } of runs) {
    const recorded: object[] = [];
    try {
      await handler.run(parsed, factContext(`${event.id}:${handler.name}`, tries, { recorded, log }));
      facts.push(...recorded);
    } catch (error) {
      failures.set(handler.name, error);
    }
  }
  const { id, type, receivedAt } = event;
  const read = { id, type, created: createdOf(parsed), receivedAt: new Date(receivedAt), facts };
  return { read: facts.length > 0 ? read : null, failures };
}

const never = new AbortController().signal;

function factContext(
  deliveryKey: string,
  tries: number,
  { recorded, log }: { recorded: object[]; log: Logger },
): HandlerContext {
  const onlyReads = () => {
    throw new TypeError('A fact handler only reads: what follows from its facts is written by the ledger.');
  };
  const context = {
    tries,
    deliveryKey,
    log: handlerLog(log, deliveryKey),
    signal: never,
    emit: onlyReads,
    write: onlyReads,
    record: (fact: object) => void recorded.push(fact),
  };
  return context;
}

/** A handler's log lines, each with the delivery that it is about. */
export function handlerLog(log: Logger, deliveryKey: string): HandlerContext['log'] {
  return {
    info: (message, fields) => log.info({ ...fields, delivery: deliveryKey }, message),
    warn: (message, fields) => log.warn({ ...fields, delivery: deliveryKey }, message),
    error: (message, fields) => log.error({ ...fields, delivery: deliveryKey }, message),
  };
}
