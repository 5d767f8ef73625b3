import type { Transaction } from '../database/transaction.js';

/** How the ledger's own events get to handlers, and who waits gets woken. `events/announcer.ts` is the one that does it. */
export interface Announcer {
  routeOf(type: string): { readonly state: 'PENDING' | 'IGNORED'; readonly ignoredBecause: string | null };
  wake(tx: Transaction, events: readonly { readonly id: string; readonly lane: string }[]): Promise<void>;
  signal(tx: Transaction, keys: readonly string[]): Promise<void>;
}
