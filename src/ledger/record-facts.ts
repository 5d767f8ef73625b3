import type { Clock } from '../clock.js';
import type { Transaction } from '../database/transaction.js';
import { LinkedBy } from '../entities/states.js';
import { type Announcement, idsFor } from './announcements.js';
import type { Announcer } from './announcer.js';
import { compareEvents, foldInvoices, withFirstCustomer } from './fold.js';
import { isOfCustomer } from './match.js';
import { type EventRead, type FactsOfEvent, readEvent } from './read-events.js';
import {
  type Group,
  type InvoiceFactRecord,
  type InvoiceRecord,
  MatchOutcome,
  type MoveRecord,
  type SubscriptionRecord,
} from './records.js';
import { lockScope, type Scope } from './scope.js';
import { settleScope } from './settle-scope.js';
import type { Settlement } from './settle.js';
import { readStoredSeconds } from './stored-seconds.js';
import { announceSubscription } from './subscription-announcements.js';
import { foldSubscription, secondOf, type SubscriptionFold } from './subscription-fold.js';
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
    const { read, failed } = readAll(events);
    const mentions = read.flatMap((event) => event.mentions);
    if (mentions.length === 0) return failed;
    const before = await lockScope(tx, {
      subscriptionIds: unique(mentions.flatMap(({ subscriptionId }) => subscriptionId ?? [])),
      invoiceIds: unique(read.flatMap(({ invoices }) => invoices.map(({ id }) => id))),
      names: mentions,
    });
    const { invoices, changed } = foldInvoices(
      before.invoices,
      read.flatMap((event) => event.invoices),
    );
    const folds = await foldSubscriptions(tx, before, read);
    const next = {
      ...before,
      invoices,
      subscriptions: foldFirstCustomers(
        folds.map(({ subscription }) => subscription),
        read,
      ),
      moves: movesAfter(before, folds),
    };
    const settlements = await settleScope(
      tx,
      {
        before,
        next,
        invoiceFacts: changed,
        moves: folds.flatMap(({ moves }) => moves),
        announce: (settled) => [...announceFacts(read, folds, settled), ...changed.flatMap(announceTruncated)],
      },
      { announcer, now: clock.now(), announce, linkAs, authorOf: author === undefined ? authors(read) : () => author },
    );
    return new Map([...failed, ...outcomesOf(read, settlements)]);
  };
}

/** What cannot be read fails alone, before anything is locked. */
function readAll(events: readonly FactsOfEvent[]): { read: EventRead[]; failed: Map<string, FactOutcome> } {
  const read: EventRead[] = [];
  const failed = new Map<string, FactOutcome>();
  for (const event of events) {
    try {
      read.push(readEvent(event));
    } catch (error) {
      failed.set(event.id, { state: 'FAILED', error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  return { read, failed };
}

async function foldSubscriptions(
  tx: Transaction,
  before: Scope,
  read: readonly EventRead[],
): Promise<SubscriptionFold[]> {
  const fresh = read.flatMap((event) => event.subscriptions);
  const events = [...(await readStoredSeconds(tx, fresh, before.subscriptions)), ...fresh];
  return before.subscriptions.map((row) =>
    foldSubscription(
      row,
      events.filter(({ subscriptionId }) => subscriptionId === row.id),
    ),
  );
}

function movesAfter(before: Scope, folds: readonly SubscriptionFold[]): MoveRecord[] {
  const moves = new Map(
    [...before.moves, ...folds.flatMap((fold) => fold.moves)].map((move) => [
      `${move.subscriptionId}:${move.eventId}`,
      move,
    ]),
  );
  return [...moves.values()].toSorted(
    (a, b) => secondOf({ created: a.occurredAt }) - secondOf({ created: b.occurredAt }) || a.position - b.position,
  );
}

function foldFirstCustomers(
  subscriptions: readonly SubscriptionRecord[],
  read: readonly EventRead[],
): SubscriptionRecord[] {
  const byId = new Map(subscriptions.map((subscription) => [subscription.id, subscription]));
  for (const { event, mentions } of read) {
    for (const { subscriptionId, customerId } of mentions) {
      const subscription = byId.get(subscriptionId ?? '');
      if (subscription !== undefined) byId.set(subscription.id, withFirstCustomer(subscription, event, customerId));
    }
  }
  return [...byId.values()];
}

function announceFacts(
  read: readonly EventRead[],
  folds: readonly SubscriptionFold[],
  settlements: readonly Settlement[],
) {
  const intentOf = (fold: SubscriptionFold) =>
    settlements.find(({ group }) => group.subscriptions.some(({ id }) => id === fold.subscription.id))?.intent ?? null;
  return [
    ...read.flatMap(({ problems }) => problems),
    ...folds.flatMap((fold) => announceSubscription(fold, intentOf(fold))),
  ];
}

function announceTruncated(invoice: InvoiceFactRecord): Announcement[] {
  if (!invoice.areLinesTruncated) return [];
  return [
    { type: 'invoice.truncated', key: `${invoice.id}:${invoice.asOfEventId}`, object: idsFor(null, null, invoice) },
  ];
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

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
