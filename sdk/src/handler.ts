import type { EventOf, EventPattern } from './event-types.js';
import { HandlerMapError } from './errors.js';
import type { HandlerContext } from './handler-context.js';
import type { WaitFor } from './outcomes.js';

export type HandlerResult = void | WaitFor | Promise<void | WaitFor>;

/** Takes the events of one type or pattern. Called at least once per event, in no promised order. */
export type Handler<Pattern extends EventPattern> = (event: EventOf<Pattern>, ctx: HandlerContext) => HandlerResult;

/** What is left out is the service's to choose. */
export interface HandlerOptions {
  /** Runs before the delivery is dead; 16 if left out, and at most 16 behind `receive`: the ledger knows the endpoint only. */
  readonly tries?: number;
  /** The pause after the first failure, doubled after each other one, with jitter: from 1 s to 1 h if left out. */
  readonly backoff?: { readonly firstSeconds?: number; readonly maxSeconds?: number };
  /** After this time `ctx.signal` is aborted and the try has failed. */
  readonly timeoutSeconds?: number;
  /** How many events one process hands to this handler at a time. */
  readonly concurrency?: number;
}

export function assertHandlerOptions(subject: string, options: HandlerOptions): void {
  const { tries, backoff, timeoutSeconds, concurrency } = options;
  for (const [name, value] of Object.entries({ tries, concurrency })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1))
      refuse(subject, name, 'a whole number from 1');
  }
  const { firstSeconds, maxSeconds } = backoff ?? {};
  for (const [name, value] of Object.entries({ timeoutSeconds, firstSeconds, maxSeconds })) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0))
      refuse(subject, name, 'a number of seconds above zero');
  }
}

function refuse(subject: string, option: string, wanted: string): never {
  throw new HandlerMapError('INVALID_OPTION', subject, `${subject}: the option "${option}" must be ${wanted}.`);
}
