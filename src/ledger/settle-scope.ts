import type { Transaction } from '../database/transaction.js';
import type { LinkedBy } from '../entities/states.js';
import { announceChanges, announcePayment, type Announcement } from './announcements.js';
import type { Announcer } from './announcer.js';
import { ownerOf, withName } from './owners.js';
import { raise } from './raise.js';
import type { Group, InvoiceFactRecord, InvoiceRecord, RenewalRecord, SubscriptionRecord } from './records.js';
import type { RenewalChangeRow } from './history.js';
import type { Scope } from './scope.js';
import { type Settlement, settle } from './settle.js';
import { type Author, writeIntents, writeInvoiceFacts, writeInvoiceOutcomes, writeRenewals, writeSubscriptions } from './write.js';

/** What a change brings into a locked scope, before it is settled. */
export interface ScopeChange {
  /** The scope as it is to be: facts folded in, renewals and intents edited. */
  readonly next: Scope;
  /** Invoices whose facts are new: written whole. */
  readonly invoiceFacts?: readonly InvoiceFactRecord[];
  /** The renewal, or the intent, that this transaction inserted: its history begins now. */
  readonly created?: { readonly renewalId?: string; readonly intentId?: string };
  /** Ledger events that follow from the facts themselves. */
  readonly announcements?: readonly Announcement[];
}

export interface SettleContext {
  readonly announcer: Announcer;
  readonly now: Date;
  readonly announce: boolean;
  readonly linkAs: LinkedBy;
  authorOf(group: Group): Author;
}

/** The owners of all subscriptions, and one group for each intent; subscriptions that nobody owns share one without. */
export function groupsOf(scope: Scope): Group[] {
  const subscriptions = scope.subscriptions.map((subscription) => {
    const named = withName(subscription, scope.invoices.filter(({ subscriptionId }) => subscriptionId === subscription.id));
    return { ...named, intentId: ownerOf(named, scope) };
  });
  const intentOfInvoice = intentsOfInvoices(scope, new Map(subscriptions.map(({ id, intentId }) => [id, intentId])));
  return [...scope.intents, null].map((intent): Group => {
    const intentId = intent?.id ?? null;
    const own = subscriptions.filter((subscription) => subscription.intentId === intentId);
    const ids = new Set(own.map(({ id }) => id));
    const renewals = scope.renewals.filter((renewal) => renewal.intentId === intentId);
    return {
      intent,
      subscriptions: own,
      moves: scope.moves.filter(({ subscriptionId }) => ids.has(subscriptionId)),
      invoices: scope.invoices.filter(({ id }) => intentOfInvoice.get(id) === intentId),
      renewals,
      refusedPairs: scope.refusedPairs.filter(({ renewalId }) => renewals.some(({ id }) => id === renewalId)),
    };
  });
}

/**
 * An invoice belongs to the intent whose renewal holds it, else to its subscription's. One that is held outside of the scope (a person
 * linked it to another intent's renewal) is left out.
 */
function intentsOfInvoices(scope: Scope, owners: ReadonlyMap<string, string | null>): Map<string, string | null> {
  const holders = new Map(scope.renewals.map(({ invoiceId, intentId }) => [invoiceId, intentId]));
  return new Map(
    scope.invoices.flatMap(({ id, subscriptionId, isLinked }): [string, string | null][] => {
      const holder = holders.get(id);
      if (holder !== undefined) return [[id, holder]];
      return isLinked ? [] : [[id, owners.get(subscriptionId ?? '') ?? null]];
    }),
  );
}

/** Writes what settling changed against the scope as it was locked, and raises what follows, in the caller's transaction. */
export async function settleScope(tx: Transaction, before: Scope, change: ScopeChange, context: SettleContext): Promise<Settlement[]> {
  const settlements = groupsOf(change.next).map((group) => settle(group, context.linkAs));
  await writeFacts(tx, before, change, settlements);
  const changes = await writeSettled(tx, before, { settlements, created: change.created ?? {} }, context);
  const announcements = settlements.flatMap((settlement) => {
    const ids = new Set(settlement.renewals.map(({ id }) => id));
    const own = changes.filter(({ after }) => ids.has(after.id));
    return [...announceChanges(settlement, own), ...newlyPaid(before, settlement).map((invoice) => announcePayment(settlement, invoice))];
  });
  await raise(tx, context.announcer, [...(change.announcements ?? []), ...announcements], context);
  await context.announcer.signal(tx, signalsOf(before, settlements, changes));
  return settlements;
}

async function writeFacts(tx: Transaction, before: Scope, change: ScopeChange, settlements: readonly Settlement[]): Promise<void> {
  const subscriptions = settlements.flatMap(({ group }) => group.subscriptions);
  await writeSubscriptions(tx, changedFrom(before.subscriptions, subscriptions));
  const facts = new Map((change.invoiceFacts ?? []).map((fact) => [fact.id, fact]));
  const settled = new Map(settlements.flatMap(({ invoices }) => invoices).map((invoice) => [invoice.id, invoice]));
  await writeInvoiceFacts(tx, [...facts.values()].map((fact) => ({ ...fact, outcome: settled.get(fact.id)?.outcome ?? null, isLinked: settled.get(fact.id)?.isLinked ?? false })));
  await writeInvoiceOutcomes(tx, changedFrom(before.invoices, [...settled.values()]).filter(({ id }) => !facts.has(id)));
}

async function writeSettled(
  tx: Transaction,
  before: Scope,
  { settlements, created }: { settlements: readonly Settlement[]; created: NonNullable<ScopeChange['created']> },
  context: SettleContext,
): Promise<RenewalChangeRow[]> {
  const oldIntents = byId(before.intents);
  const oldRenewals = byId(before.renewals);
  const authored = settlements.map((settlement) => ({ ...settlement, author: context.authorOf(settlement.group) }));
  await writeIntents(
    tx,
    authored.flatMap(({ intent, author }) => (intent === null ? [] : [{ ...author, before: created.intentId === intent.id ? null : (oldIntents.get(intent.id) ?? null), after: intent }])),
  );
  const pairs = authored.flatMap(({ renewals, author }) =>
    renewals.map((after) => ({ ...author, before: created.renewalId === after.id ? null : (oldRenewals.get(after.id) ?? null), after })),
  );
  return writeRenewals(tx, pairs);
}

function newlyPaid(before: Scope, settlement: Settlement): InvoiceRecord[] {
  const old = byId(before.invoices);
  return settlement.invoices.filter(
    (invoice) => invoice.status === 'paid' && old.get(invoice.id)?.status !== 'paid' && invoice.subscriptionId !== null && (invoice.total ?? 0) > 0,
  );
}

/** Whoever waits for one of these may look again. */
function signalsOf(before: Scope, settlements: readonly Settlement[], changes: readonly RenewalChangeRow[]): string[] {
  const invoices = changedFrom(before.invoices, settlements.flatMap((settlement) => settlement.invoices));
  const subscriptions = changedFrom(before.subscriptions, settlements.flatMap(({ group }) => group.subscriptions));
  const linked = changes.flatMap(({ before: was, after }) => (after.invoiceId === null || was?.invoiceId === after.invoiceId ? [] : [`link:${after.invoiceId}`]));
  return [
    ...invoices.map(({ id }) => `invoice:${id}`),
    ...subscriptions.map(({ id }) => `subscription:${id}`),
    ...changes.map(({ after }) => `renewal:${(after satisfies RenewalRecord).id}`),
    ...linked,
  ];
}

/** Records that are new or differ. Both sides were read by the same columns, so their text tells. */
function changedFrom<T extends SubscriptionRecord | InvoiceRecord>(before: readonly T[], after: readonly T[]): T[] {
  const old = new Map(before.map((record) => [record.id, JSON.stringify(record)]));
  return after.filter((record) => old.get(record.id) !== JSON.stringify(record));
}

function byId<T extends { readonly id: string }>(records: readonly T[]): Map<string, T> {
  return new Map(records.map((record) => [record.id, record]));
}
