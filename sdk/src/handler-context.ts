import type { LedgerEvents } from './ledger-events.js';
import type { WaitFor } from './outcomes.js';

/** Open for declaration merging by the ledger service, which puts its `entityManager` here. */
export interface ServiceTypes {}

export type ServiceEntityManager = ServiceTypes extends { entityManager: infer Manager } ? Manager : unknown;

export interface HandlerLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

type PayloadOf<Type extends string> = Type extends keyof LedgerEvents
  ? LedgerEvents[Type]
  : Readonly<Record<string, unknown>>;

export type ServiceWrite = (manager: ServiceEntityManager) => Promise<WaitFor | void>;

/** What a handler is given beside its event. */
export interface HandlerContext {
  /** Which try this is; the first is 1. */
  readonly tries: number;
  /** The same on every try of this handler on this event: the idempotency key to hand downstream. */
  readonly deliveryKey: string;
  readonly log: HandlerLog;
  /** Aborted when the handler's time is up or the process stops; hand it to `fetch`. What runs on after it has no effect. */
  readonly signal: AbortSignal;

  /**
   * Raises an event of your own, once: its id is `<type>:<key>`. It is stored when the handler has succeeded, with its mark and not
   * without it. `payload` is an object of JSON; types that were added to `LedgerEvents` are checked. Stripe's types and the ledger's are
   * refused: facts come from the one, and the other raises its own.
   */
  emit<Type extends string>(type: Type, key: string, payload: PayloadOf<Type>): void;

  /**
   * Runs `write` after the handler has returned, in one short transaction with what it emitted and the mark that it is done: all of
   * it or nothing. Do HTTP before, in the handler, where no transaction is open. `write` may itself return `waitFor(…)`.
   *
   * Works inside the ledger service only; in a sibling service it throws `WriteUnavailableError`. It is there in both, and not
   * optional, because `ctx.write?.(…)` would lose a write without a word.
   */
  write(write: ServiceWrite): void;
}
