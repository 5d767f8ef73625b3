import type { Clock } from '../clock.js';
import type { Transaction } from '../database/transaction.js';
import { LinkedBy } from '../entities/states.js';
import type { Announcer } from './announcer.js';
import { compareEvents } from './fold.js';
import { foldEvents, keysOfEvents } from './fold-events.js';
import { isOfCustomer } from './match.js';
import { type EventRead, type FactsOfEvent, readEvents } from './read-events.js';
import { type Group, type InvoiceRecord, MatchOutcome } from './records.js';
import { lockScope } from './scope.js';
import { settleScope } from './settle-scope.js';
import type { Settlement } from './settle.js';
import type { Author } from './write.js';

export type FactOutcome =
  | { readonly state: 'DONE' }
  | { readonly state: 'WAITING'; readonly waitingFor: string }
  | { readonly state: 'FAILED'; readonly error: Error };

export interface RecorderOptions {
  readonly announcer: Announcer;
  readonly clock: Clock;
  /** False: what follows is held back (a backfill). */
  readonly announce?: boolean;
  readonly linkAs?: LinkedBy;
  /** Whom history names; left out: the last event of the batch that touched the record. */
  readonly author?: Author;
}

/**
 * Folds the facts of a batch of events into their rows and settles every checkout intent that they touch, in the transaction given:
 * a constant number of statements, whatever the size of the batch. Called again with the same events it changes nothing.
 */
export function createFactRecorder(options: RecorderOptions) {
  const { announcer, clock, announce = true, linkAs = LinkedBy.RULE, author } = options;
  return async (tx: Transaction, events: readonly FactsOfEvent[]): Promise<ReadonlyMap<string, FactOutcome>> => {
    const { read, failures } = readEvents(events);
    const failed = [...failures].map(([id, error]): [string, FactOutcome] => [id, { state: 'FAILED', error }]);
    if (!read.some(({ mentions }) => mentions.length > 0)) return new Map(failed);
    const before = await lockScope(tx, keysOfEvents(read));
    const settlements = await settleScope(tx, await foldEvents(tx, before, read), {
      announcer,
      now: clock.now(),
      announce,
      linkAs,
      authorOf: author === undefined ? authors(read) : () => author,
    });
    return new Map([...failed, ...outcomesOf(read, settlements)]);
  };
}

/** An `invoice.paid` that can pay for a renewal of a known intent, and finds none, leaves its facts and waits for its link. */
function outcomesOf(read: readonly EventRead[], settlements: readonly Settlement[]): Map<string, FactOutcome> {
  const waiting = new Set(
    settlements.flatMap((settlement) =>
      settlement.invoices.filter((invoice) => isAwaited(invoice, settlement)).map(({ id }) => id),
    ),
  );
  return new Map(
    read.flatMap(({ event, invoices }): [string, FactOutcome][] => {
      const awaited = event.type === 'invoice.paid' ? invoices.find(({ id }) => waiting.has(id)) : undefined;
      return awaited === undefined ? [] : [[event.id, { state: 'WAITING', waitingFor: `link:${awaited.id}` }]];
    }),
  );
}

function isAwaited(invoice: InvoiceRecord, { group, intent }: Settlement): boolean {
  if (intent === null || invoice.billingReason === null) return false;
  if (invoice.outcome !== MatchOutcome.NO_RENEWAL && invoice.outcome !== MatchOutcome.AMBIGUOUS) return false;
  const subscription = group.subscriptions.find(({ id }) => id === invoice.subscriptionId);
  return subscription !== undefined && isOfCustomer(intent, invoice, subscription);
}

/** History names the last event of the batch, in fact order, that touched the group. */
function authors(read: readonly EventRead[]): (group: Group) => Author {
  const bySubscription = new Map<string, FactsOfEvent>();
  for (const { event, mentions } of read) {
    for (const { subscriptionId } of mentions) {
      const known = subscriptionId === null ? undefined : bySubscription.get(subscriptionId);
      if (subscriptionId !== null && (known === undefined || compareEvents(known, event) < 0))
        bySubscription.set(subscriptionId, event);
    }
  }
  return (group) => {
    const [last] = group.subscriptions
      .flatMap(({ id }) => bySubscription.get(id) ?? [])
      .toSorted((a, b) => compareEvents(b, a));
    return { by: last?.id ?? 'settle', reason: last?.type ?? null };
  };
}
