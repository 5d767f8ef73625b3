import type { Transaction } from '../database/transaction.js';
import { LinkedBy } from '../entities/states.js';
import { announceChanges, announcePayment, type Announcement } from './announcements.js';
import type { Announcer } from './announcer.js';
import { ownerOf, ownersIn, withName } from './owners.js';
import { raise } from './raise.js';
import {
  type Group,
  type InvoiceFactRecord,
  type InvoiceRecord,
  MatchOutcome,
  type MoveRecord,
  type RenewalRecord,
  type SubscriptionRecord,
} from './records.js';
import { differs, type RenewalChangeRow } from './history.js';
import type { Scope } from './scope.js';
import { type Settlement, settle } from './settle.js';
import {
  type Author,
  type IntentPair,
  writeIntents,
  writeInvoiceFacts,
  writeInvoiceOutcomes,
  writeMoves,
  writeRenewals,
  writeSubscriptions,
} from './write.js';

/** What a change brings into a locked scope, before it is settled. */
export interface ScopeChange {
  /** The scope as it was locked. */
  readonly before: Scope;
  /** The scope as it is to be: facts folded in, renewals and intents edited. */
  readonly next: Scope;
  /** Invoices whose facts are new: written whole. */
  readonly invoiceFacts?: readonly InvoiceFactRecord[];
  /** The renewal, or the intent, that this transaction inserted: its history begins now. */
  readonly created?: { readonly renewalId?: string; readonly intentId?: string };
  readonly moves?: readonly MoveRecord[];
  /** Ledger events that follow from the facts themselves. */
  announce?(settlements: readonly Settlement[]): Announcement[];
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
  const invoicesOf = Map.groupBy(scope.invoices, ({ subscriptionId }) => subscriptionId);
  const known = ownersIn(scope);
  const subscriptions = scope.subscriptions.map((subscription) => {
    const named = withName(subscription, invoicesOf.get(subscription.id) ?? []);
    return { ...named, intentId: ownerOf(named, known) };
  });
  const owners = new Map(subscriptions.map(({ id, intentId }) => [id, intentId]));
  const intentOfInvoice = intentsOfInvoices(scope, owners);
  const intentOfRenewal = new Map(scope.renewals.map(({ id, intentId }) => [id, intentId]));
  const own = {
    subscriptions: Map.groupBy(subscriptions, ({ intentId }) => intentId),
    moves: Map.groupBy(scope.moves, ({ subscriptionId }) => owners.get(subscriptionId) ?? null),
    invoices: Map.groupBy(scope.invoices, ({ id }) => intentOfInvoice.get(id)),
    renewals: Map.groupBy(scope.renewals, ({ intentId }) => intentId),
    refusedPairs: Map.groupBy(scope.refusedPairs, ({ renewalId }) => intentOfRenewal.get(renewalId)),
  };
  return [...scope.intents, null].map((intent): Group => {
    const id = intent?.id ?? null;
    return {
      intent,
      subscriptions: own.subscriptions.get(id) ?? [],
      moves: own.moves.get(id) ?? [],
      invoices: own.invoices.get(id) ?? [],
      renewals: id === null ? [] : (own.renewals.get(id) ?? []),
      refusedPairs: id === null ? [] : (own.refusedPairs.get(id) ?? []),
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
export async function settleScope(tx: Transaction, change: ScopeChange, context: SettleContext): Promise<Settlement[]> {
  const { before, next } = change;
  const settlements = groupsOf(next).map((group) => settle(group, context.linkAs));
  const [, changes] = await Promise.all([
    writeFacts(tx, change, settlements),
    writeSettled(tx, change, { settlements, context }),
  ]);
  const changesOf = Map.groupBy(changes, ({ after }) => after.intentId);
  const paidBefore = new Set(before.invoices.flatMap(({ id, status }) => (status === 'paid' ? [id] : [])));
  const announcements = settlements.flatMap((settlement) => [
    ...toBeTold(announceChanges(settlement, changesOf.get(settlement.intent?.id ?? '') ?? []), context),
    ...newlyPaid(paidBefore, settlement).map((invoice) => announcePayment(settlement, invoice)),
  ]);
  await Promise.all([
    raise(tx, [...(change.announce?.(settlements) ?? []), ...announcements], context),
    context.announcer.signal(tx, signalsOf(before, settlements, changes)),
  ]);
  return settlements;
}

/** A backfill that holds its news back keeps one event of a link to a paid invoice: that it was paid. */
function toBeTold(
  announcements: readonly Announcement[],
  { announce, linkAs }: SettleContext,
): readonly Announcement[] {
  if (announce || linkAs !== LinkedBy.BACKFILL) return announcements;
  const paid = new Set(announcements.flatMap((one) => (one.type === 'renewal.paid' ? [renewalOf(one)] : [])));
  return announcements.filter((one) => one.type !== 'renewal.linked' || !paid.has(renewalOf(one)));
}

const renewalOf = ({ object }: Announcement): string | null => ('renewalId' in object ? object.renewalId : null);

async function writeFacts(tx: Transaction, change: ScopeChange, settlements: readonly Settlement[]): Promise<void> {
  const { before } = change;
  const subscriptions = settlements.flatMap(({ group }) => group.subscriptions);
  const facts = new Map((change.invoiceFacts ?? []).map((fact) => [fact.id, fact]));
  const settled = new Map(settlements.flatMap(({ invoices }) => invoices).map((invoice) => [invoice.id, invoice]));
  const settledFacts = [...facts.values()].map((fact) => ({
    ...fact,
    outcome: settled.get(fact.id)?.outcome ?? null,
    isLinked: settled.get(fact.id)?.isLinked ?? false,
    wantedRenewalId: settled.get(fact.id)?.wantedRenewalId ?? null,
  }));
  const others = changedFrom(before.invoices, [...settled.values()]).filter(({ id }) => !facts.has(id));
  await Promise.all([
    writeSubscriptions(tx, changedFrom(before.subscriptions, subscriptions)),
    writeMoves(tx, change.moves ?? []),
    writeInvoiceFacts(tx, settledFacts),
    writeInvoiceOutcomes(tx, others),
  ]);
}

async function writeSettled(
  tx: Transaction,
  { before, created = {} }: ScopeChange,
  { settlements, context }: { settlements: readonly Settlement[]; context: SettleContext },
): Promise<RenewalChangeRow[]> {
  const oldIntents = byId(before.intents);
  const oldRenewals = byId(before.renewals);
  const authored = settlements.map((settlement) => ({ ...settlement, author: context.authorOf(settlement.group) }));
  const intents = authored.flatMap(({ intent, author }): IntentPair[] =>
    intent === null
      ? []
      : [
          {
            ...author,
            before: created.intentId === intent.id ? null : (oldIntents.get(intent.id) ?? null),
            after: intent,
          },
        ],
  );
  const renewals = authored.flatMap(({ renewals: settled, author }) =>
    settled.map((after) => ({
      ...author,
      before: created.renewalId === after.id ? null : (oldRenewals.get(after.id) ?? null),
      after,
    })),
  );
  const [changes] = await Promise.all([writeRenewals(tx, renewals), writeIntents(tx, intents)]);
  return changes;
}

function newlyPaid(paidBefore: ReadonlySet<string>, settlement: Settlement): InvoiceRecord[] {
  return settlement.invoices.filter(
    ({ id, status, subscriptionId, total }) =>
      status === 'paid' && !paidBefore.has(id) && subscriptionId !== null && (total ?? 0) > 0,
  );
}

/** Whoever waits for one of these may look again. */
function signalsOf(before: Scope, settlements: readonly Settlement[], changes: readonly RenewalChangeRow[]): string[] {
  const invoices = changedFrom(
    before.invoices,
    settlements.flatMap((settlement) => settlement.invoices),
  );
  const subscriptions = changedFrom(
    before.subscriptions,
    settlements.flatMap(({ group }) => group.subscriptions),
  );
  const linked = changes.flatMap(({ before: was, after }) =>
    after.invoiceId === null || was?.invoiceId === after.invoiceId ? [] : [`link:${after.invoiceId}`],
  );
  return [
    ...invoices.map(({ id }) => `invoice:${id}`),
    ...subscriptions.map(({ id }) => `subscription:${id}`),
    ...changes.map(({ after }) => `renewal:${(after satisfies RenewalRecord).id}`),
    ...linked,
    ...decidedOf(before, invoices).map(({ id }) => `link:${id}`),
  ];
}

const UNDECIDED: readonly (MatchOutcome | null)[] = [MatchOutcome.NO_RENEWAL, MatchOutcome.AMBIGUOUS];

/** Invoices that had no renewal, and of which it is known now that none is to be waited for: another has it, say. */
function decidedOf(before: Scope, changed: readonly InvoiceRecord[]): InvoiceRecord[] {
  const old = byId(before.invoices);
  return changed.filter(({ id, outcome, isLinked }) => {
    const was = old.get(id)?.outcome ?? null;
    return !isLinked && UNDECIDED.includes(was) && !UNDECIDED.includes(outcome);
  });
}

/** Records that are new or differ. */
function changedFrom<T extends SubscriptionRecord | InvoiceRecord>(before: readonly T[], after: readonly T[]): T[] {
  const old = byId(before);
  return after.filter((record) => {
    const was = old.get(record.id);
    return was === undefined || differs(was, record);
  });
}

function byId<T extends { readonly id: string }>(records: readonly T[]): Map<string, T> {
  return new Map(records.map((record) => [record.id, record]));
}
