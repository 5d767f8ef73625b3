import type { Transaction } from '../database/transaction.js';

/** An event as its fact handlers read it: what they recorded, without the payload. */
export interface ReadEvent {
  readonly id: string;
  readonly type: string;
  /** Stripe's time of the event; null where the payload has none. */
  readonly created: Date | null;
  readonly receivedAt: Date;
  /** In the order recorded; never empty. Their shape is an agreement between the fact handlers and the recorder. */
  readonly facts: readonly unknown[];
}

export type FactOutcome =
  | { readonly state: 'DONE' }
  | { readonly state: 'WAITING'; readonly waitingFor: string }
  | { readonly state: 'FAILED'; readonly error: Error };

/**
 * Writes the facts of a batch of events, and all that follows from them, in the transaction given. An event without an
 * entry in the answer is DONE.
 *
 * It says FAILED of one event before it has written anything of it. What it throws rolls the whole batch back; the batch is
 * then halved until the culprit stands alone, so it may be called again with the same events. It is also called again for
 * an event that was DONE (a job comes twice), and must then change nothing.
 */
export type RecordFacts = (tx: Transaction, events: readonly ReadEvent[]) => Promise<ReadonlyMap<string, FactOutcome>>;
