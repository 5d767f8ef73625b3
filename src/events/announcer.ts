import type { Transaction } from '../database/transaction.js';
import { IgnoredBecause } from './ignored.js';
import type { JobSender, WakeUp } from './jobs.js';

/** Whoever knows which handlers take a type; the SDK's `HandlerMap` is one. */
export interface HandlesTypes {
  handlersFor(type: string): { readonly length: number };
}

/** What the ledger needs to tell the world: where its events go, and who waits for what it changed. */
export interface Announcer {
  /** The state in which an event of this type is born. */
  routeOf(type: string): { readonly state: 'PENDING' | 'IGNORED'; readonly ignoredBecause: string | null };
  /** Adds the wake-ups of raised events that were born PENDING, in the transaction that raises them. */
  wake(tx: Transaction, events: readonly WakeUp[]): Promise<void>;
  /**
   * Wakes the deliveries that wait for these keys (`invoice:…`, `subscription:…`, `renewal:…`, `link:…`). It sends a job of this
   * transaction, so the deliveries are looked for after the commit: one that starts to wait meanwhile looks once more itself.
   */
  signal(tx: Transaction, keys: readonly string[]): Promise<void>;
}

/** `maps` is null in a process that runs no workers: it cannot know what others handle, so a worker decides. */
export function createAnnouncer(jobs: JobSender, maps: readonly HandlesTypes[] | null): Announcer {
  return {
    routeOf(type) {
      const isHandled = maps === null || maps.some((map) => map.handlersFor(type).length > 0);
      return isHandled
        ? { state: 'PENDING', ignoredBecause: null }
        : { state: 'IGNORED', ignoredBecause: IgnoredBecause.NO_HANDLER };
    },
    wake: (tx, events) => jobs.wakeEvents(tx.query, events),
    signal: (tx, keys) => jobs.sendSignal(tx.query, keys),
  };
}
