import type { Transaction } from '../database/transaction.js';
import { LinkedBy } from '../entities/states.js';
import type { Clock } from '../clock.js';
import type { Announcement } from './announcements.js';
import type { Announcer } from './announcer.js';
import type { Fact } from './fact.js';
import { compareEvents, foldInvoices, withFirstCustomer } from './fold.js';
import { type FactEvent, toInvoiceRecord } from './invoice-facts.js';
import { readIntentName } from './intent-name.js';
import { type Group, type InvoiceFactRecord, type InvoiceRecord, MatchOutcome, type SubscriptionRecord } from './records.js';
import { isOfCustomer } from './match.js';
import { lockScope } from './scope.js';
import { settleScope } from './settle-scope.js';
import type { Settlement } from './settle.js';
import type { Author } from './write.js';

export interface FactsOfEvent extends FactEvent {
  readonly facts: readonly unknown[];
}

export type FactOutcome =
  | { readonly state: 'DONE' }
  | { readonly state: 'WAITING'; readonly waitingFor: string }
  | { readonly state: 'FAILED'; readonly error: Error };

export interface RecorderOptions {
  readonly announcer: Announcer;
  readonly clock: Clock;
}

/**
 * Folds the facts of a batch of events into their rows and settles every checkout intent that they touch, in the transaction given:
 * a constant number of statements, whatever the size of the batch. Called again with the same events it changes nothing.
 */
export function createFactRecorder({ announcer, clock }: RecorderOptions) {
  return async (tx: Transaction, events: readonly FactsOfEvent[]): Promise<ReadonlyMap<string, FactOutcome>> => {
    const read = events.map((event) => readEvent(event));
    const facts = read.flatMap(({ invoices }) => invoices);
    if (facts.length === 0) return new Map();
    const before = await lockScope(tx, {
      subscriptionIds: unique(facts.flatMap(({ subscriptionId }) => subscriptionId ?? [])),
      invoiceIds: unique(facts.map(({ id }) => id)),
      names: facts,
    });
    const { invoices, changed } = foldInvoices(before.invoices, facts);
    const next = { ...before, invoices, subscriptions: foldFirstCustomers(before.subscriptions, read) };
    const announcements = read.flatMap(({ problems }) => problems);
    const authorOf = authors(read);
    const settlements = await settleScope(
      tx,
      before,
      { next, invoiceFacts: changed, announcements },
      { announcer, now: clock.now(), announce: true, linkAs: LinkedBy.RULE, authorOf },
    );
    return outcomesOf(read, settlements);
  };
}

interface EventRead {
  readonly event: FactsOfEvent;
  readonly invoices: readonly InvoiceFactRecord[];
  readonly problems: readonly Announcement[];
}

function readEvent(event: FactsOfEvent): EventRead {
  const invoices: InvoiceFactRecord[] = [];
  const problems: Announcement[] = [];
  for (const { invoice } of event.facts as Fact[]) {
    if (invoice.id === null) continue;
    const record = toInvoiceRecord(event, { ...invoice, id: invoice.id });
    invoices.push(record);
    const { problem } = readIntentName(invoice.subscriptionMetadata);
    if (problem !== null) problems.push(announceBadMetadata(record, problem));
  }
  return { event, invoices, problems };
}

function announceBadMetadata(invoice: InvoiceFactRecord, message: string): Announcement {
  const subject = invoice.subscriptionId ?? invoice.id;
  const object = {
    checkoutIntentId: null,
    checkoutIntentUuid: null,
    stripeSubscriptionId: invoice.subscriptionId,
    stripeCustomerId: invoice.customerId,
    stripeInvoiceId: invoice.id,
    renewalId: null,
    subscriptionPlanRenewalId: null,
    priorSubscriptionPlanUuid: null,
    renewedSubscriptionPlanUuid: null,
    code: 'METADATA_INVALID' as const,
    subject,
    message,
  };
  return { type: 'attention.needed', key: `METADATA_INVALID:${subject}`, object };
}

function foldFirstCustomers(subscriptions: readonly SubscriptionRecord[], read: readonly EventRead[]): SubscriptionRecord[] {
  const byId = new Map(subscriptions.map((subscription) => [subscription.id, subscription]));
  for (const { event, invoices } of read) {
    for (const { subscriptionId, customerId } of invoices) {
      const subscription = byId.get(subscriptionId ?? '');
      if (subscription !== undefined) byId.set(subscription.id, withFirstCustomer(subscription, event, customerId));
    }
  }
  return [...byId.values()];
}

/** An `invoice.paid` that can pay for a renewal of a known intent, and finds none, leaves its facts and waits for its link. */
function outcomesOf(read: readonly EventRead[], settlements: readonly Settlement[]): Map<string, FactOutcome> {
  const waiting = new Set(settlements.flatMap((settlement) => settlement.invoices.filter((invoice) => isAwaited(invoice, settlement)).map(({ id }) => id)));
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
  for (const { event, invoices } of read) {
    for (const { subscriptionId } of invoices) {
      const known = subscriptionId === null ? undefined : bySubscription.get(subscriptionId);
      if (subscriptionId !== null && (known === undefined || compareEvents(known, event) < 0)) bySubscription.set(subscriptionId, event);
    }
  }
  return (group) => {
    const [last] = group.subscriptions.flatMap(({ id }) => bySubscription.get(id) ?? []).toSorted((a, b) => compareEvents(b, a));
    return { by: last?.id ?? 'settle', reason: last?.type ?? null };
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
