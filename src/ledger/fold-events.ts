import type { Transaction } from '../database/transaction.js';
import { type Announcement, announceReport, idsFor } from './announcements.js';
import { isLive } from './eligibility.js';
import { foldInvoices, withFirstCustomer } from './fold.js';
import type { EventRead } from './read-events.js';
import type { IntentRecord, InvoiceFactRecord, MoveRecord, SubscriptionRecord } from './records.js';
import { voidedLater } from './reports.js';
import type { Scope, ScopeKeys } from './scope.js';
import type { ScopeChange } from './settle-scope.js';
import type { Settlement } from './settle.js';
import { readStoredSeconds } from './stored-seconds.js';
import { announceSubscription } from './subscription-announcements.js';
import { foldSubscription, secondOf, type SubscriptionFold } from './subscription-fold.js';

/** What has to be locked before these events are folded. */
export function keysOfEvents(
  read: readonly EventRead[],
): Required<Pick<ScopeKeys, 'subscriptionIds' | 'invoiceIds' | 'names'>> {
  const mentions = read.flatMap((event) => event.mentions);
  return {
    subscriptionIds: unique(mentions.flatMap(({ subscriptionId }) => subscriptionId ?? [])),
    invoiceIds: unique(read.flatMap(({ invoices }) => invoices.map(({ id }) => id))),
    names: mentions,
  };
}

/** What the events change in a scope that was locked by their keys; yet to be settled and written. */
export async function foldEvents(tx: Transaction, before: Scope, read: readonly EventRead[]): Promise<ScopeChange> {
  const { invoices, changed } = foldInvoices(
    before.invoices,
    read.flatMap((event) => event.invoices),
  );
  const folds = await foldSubscriptions(tx, before, read);
  const rows = folds.map(({ subscription }) => subscription);
  const subscriptions = foldFirstCustomers(rows, read);
  return {
    before,
    next: { ...before, invoices, subscriptions, moves: movesAfter(before, folds) },
    invoiceFacts: changed,
    moves: folds.flatMap(({ moves }) => moves),
    announce: (settled) => [...announceFacts(read, folds, settled), ...changed.flatMap(announceTruncated)],
  };
}

async function foldSubscriptions(
  tx: Transaction,
  before: Scope,
  read: readonly EventRead[],
): Promise<SubscriptionFold[]> {
  const fresh = read.flatMap((event) => event.subscriptions);
  const stored = await readStoredSeconds(tx, fresh, before.subscriptions);
  const eventsOf = Map.groupBy([...stored, ...fresh], ({ subscriptionId }) => subscriptionId);
  return before.subscriptions.map((row) => foldSubscription(row, eventsOf.get(row.id) ?? []));
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
  const intents = new Map(
    settlements.flatMap(({ group, intent }) => group.subscriptions.map(({ id }) => [id, intent] as const)),
  );
  return [
    ...read.flatMap(({ problems }) => problems).map((problem) => ofIntent(problem, intents)),
    ...read.flatMap(({ invoices }) => invoices.flatMap((said) => announceVoidedLater(said, settlements))),
    ...folds.flatMap((fold) => announceSubscription(fold, intents.get(fold.subscription.id) ?? null)),
  ];
}

/** Bad metadata is told of the intent that owns its subscription all the same, by its other name or by a renewal. */
function ofIntent(
  problem: Announcement<'attention.needed'>,
  intents: ReadonlyMap<string, IntentRecord | null>,
): Announcement {
  const intent = intents.get(problem.object.stripeSubscriptionId ?? '') ?? null;
  const { checkoutIntentId, checkoutIntentUuid } = idsFor(intent, null, null);
  return { ...problem, object: { ...problem.object, checkoutIntentId, checkoutIntentUuid } };
}

function announceVoidedLater(said: InvoiceFactRecord, settlements: readonly Settlement[]): Announcement[] {
  if (isLive(said)) return [];
  return settlements.flatMap((settled) => voidedLater(settled, said).map((report) => announceReport(settled, report)));
}

function announceTruncated(invoice: InvoiceFactRecord): Announcement[] {
  if (!invoice.areLinesTruncated) return [];
  return [
    { type: 'invoice.truncated', key: `${invoice.id}:${invoice.asOfEventId}`, object: idsFor(null, null, invoice) },
  ];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
