import { CheckoutIntentState, LinkedBy, RenewalState } from '../entities/states.js';
import { compareSubscriptions, effectiveDateIn, type Owned, subscriptionFor } from './dates.js';
import { deriveLinks, type Link, type Links } from './links.js';
import { isOfCustomer, match, type Match } from './match.js';
import {
  type Group,
  type IntentRecord,
  type InvoiceRecord,
  MatchOutcome,
  type RenewalRecord,
  type SubscriptionRecord,
} from './records.js';
import { findReports, type Report } from './reports.js';

/** A checkout intent brought up to date with its facts: what is, beside what was. */
export interface Settlement {
  readonly group: Group;
  readonly intent: IntentRecord | null;
  /** The group's, as far as their facts count here. */
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly renewals: readonly RenewalRecord[];
  readonly invoices: readonly InvoiceRecord[];
  readonly matches: ReadonlyMap<string, Match>;
  readonly links: Links;
  readonly reports: readonly Report[];
}

/**
 * Computes all dates and links of one checkout intent afresh from its facts and renewals, and what follows from them. Pure: the same
 * group gives the same settlement, whatever order its facts came in. `linkAs` signs the links that are new.
 */
export function settle(group: Group, linkAs: LinkedBy = LinkedBy.RULE): Settlement {
  const invoices = new Map(group.invoices.map((invoice) => [invoice.id, invoice]));
  const intent = settleCustomer(group, invoices);
  const subscriptions = group.subscriptions.map((subscription) => withoutForeignFacts(intent, subscription));
  const counted = { ...group, subscriptions };
  const own = subscriptions.filter((subscription) => !isForeign(intent, subscription)).toSorted(compareSubscriptions);
  const owned = { subscriptions: own, moves: group.moves };
  const paying = withoutForeignPayments(counted, intent, invoices);
  const dated = group.renewals.map((renewal) => settleDate(renewal, owned, paying));
  const matches = matchAll(counted, intent, dated);
  const links = deriveLinks({ renewals: dated, invoices, paying, matches, linkAs });
  // Another customer's subscription cancels nothing here, even where a renewal names it.
  const ownById = new Map(own.map((subscription) => [subscription.id, subscription]));
  const settled = {
    group,
    intent: settleIntentState(intent, group, own),
    subscriptions,
    renewals: dated.map((renewal) =>
      settleRenewal(renewal, links.byRenewal.get(renewal.id), { invoices: paying, subscriptions: ownById }),
    ),
    invoices: group.invoices.map((invoice) => settleInvoice(invoice, { links, matches })),
    matches,
    links,
  };
  const afresh = matchAfresh({ ...settled, group: counted }, { dated, owned });
  return { ...settled, reports: findReports({ ...settled, afresh }) };
}

/** True where a subscription is another customer's than the intent that it names: it changes nothing of it. */
export function isForeign(intent: IntentRecord | null, subscription: SubscriptionRecord): boolean {
  const customer = subscription.customerId ?? subscription.firstCustomerId;
  return intent !== null && intent.customerId !== null && customer !== null && customer !== intent.customerId;
}

/** What another customer's event says of a subscription that was the intent's before counts for nothing here; what was known before it is gone. */
function withoutForeignFacts(intent: IntentRecord | null, subscription: SubscriptionRecord): SubscriptionRecord {
  const { firstCustomerId } = subscription;
  if (firstCustomerId === null || firstCustomerId !== intent?.customerId || !isForeign(intent, subscription))
    return subscription;
  const unknown = { cancelAt: null, cancelAtPeriodEnd: null, endedAt: null, trialEnd: null, isDeleted: false };
  return { ...subscription, ...unknown, customerId: firstCustomerId };
}

export function isPaid(renewal: RenewalRecord, invoices: ReadonlyMap<string, InvoiceRecord>): boolean {
  return renewal.invoiceId !== null && invoices.get(renewal.invoiceId)?.status === 'paid';
}

/** Another customer's payment pays for nothing here, also where a person linked it unseen. What was paid before the customer changed stands. */
function withoutForeignPayments(
  { renewals, subscriptions }: Group,
  intent: IntentRecord | null,
  invoices: ReadonlyMap<string, InvoiceRecord>,
): ReadonlyMap<string, InvoiceRecord> {
  if (intent === null) return invoices;
  const final: readonly RenewalState[] = [RenewalState.PAID, RenewalState.PROCESSED];
  const paidFor = new Set(renewals.flatMap(({ state, invoiceId }) => (final.includes(state) ? [invoiceId] : [])));
  return new Map(
    [...invoices].filter(([id, invoice]) => {
      const subscription = subscriptions.find((one) => one.id === invoice.subscriptionId) ?? null;
      return invoice.status !== 'paid' || paidFor.has(id) || isOfCustomer(intent, invoice, subscription);
    }),
  );
}

/** A given customer stands; else it is that of the earliest event, until one of the intent's links is paid. */
function settleCustomer(
  { intent, subscriptions, renewals }: Group,
  invoices: ReadonlyMap<string, InvoiceRecord>,
): IntentRecord | null {
  if (intent === null) return null;
  if (intent.givenCustomerId !== null) return { ...intent, customerId: intent.givenCustomerId };
  if (intent.customerId !== null && renewals.some((renewal) => isPaid(renewal, invoices))) return intent;
  const [first] = subscriptions
    .filter((subscription) => subscription.firstCustomerId !== null)
    .toSorted(compareFirstEvents);
  return { ...intent, customerId: first?.firstCustomerId ?? null };
}

function compareFirstEvents(a: SubscriptionRecord, b: SubscriptionRecord): number {
  const byTime =
    (a.firstEventAt?.getTime() ?? Number.MIN_SAFE_INTEGER) - (b.firstEventAt?.getTime() ?? Number.MIN_SAFE_INTEGER);
  return byTime || ((a.firstEventId ?? '') < (b.firstEventId ?? '') ? -1 : 1);
}

function settleDate(renewal: RenewalRecord, owned: Owned, invoices: ReadonlyMap<string, InvoiceRecord>): RenewalRecord {
  const subscriptionId = subscriptionFor(renewal, owned, isPaid(renewal, invoices));
  const subscription = owned.subscriptions.find(({ id }) => id === subscriptionId) ?? null;
  return { ...renewal, subscriptionId, effectiveDate: effectiveDateIn(renewal, subscription, owned.moves) };
}

/** What each invoice would want if no link were paid: a paid one also keeps its renewal in the subscription that it then had. */
function matchAfresh(
  { group, intent, matches }: Pick<Settlement, 'group' | 'intent' | 'matches'>,
  { dated, owned }: { dated: readonly RenewalRecord[]; owned: Owned },
): ReadonlyMap<string, Match> {
  const fresh = group.renewals.map((renewal) => settleDate(renewal, owned, new Map()));
  const isKept = fresh.some(({ subscriptionId }, index) => subscriptionId !== dated[index]?.subscriptionId);
  return isKept ? matchAll(group, intent, fresh) : matches;
}

function matchAll(group: Group, intent: IntentRecord | null, renewals: readonly RenewalRecord[]): Map<string, Match> {
  const subscriptions = new Map(group.subscriptions.map((subscription) => [subscription.id, subscription]));
  return new Map(
    group.invoices.map((invoice) => {
      const subscription = subscriptions.get(invoice.subscriptionId ?? '') ?? null;
      const intentCustomerId = intent?.customerId ?? null;
      const { moves, refusedPairs } = group;
      return [invoice.id, match({ invoice, subscription, moves, intentCustomerId, renewals, refusedPairs })];
    }),
  );
}

/** The first paid invoice of its subscription, also one of zero, pays a checkout. */
function settleIntentState(
  intent: IntentRecord | null,
  group: Group,
  own: readonly SubscriptionRecord[],
): IntentRecord | null {
  if (intent === null || (intent.state !== CheckoutIntentState.CREATED && intent.state !== CheckoutIntentState.EXPIRED))
    return intent;
  const isPaidFor = group.invoices.some((invoice) => {
    const subscription = own.find(({ id }) => id === invoice.subscriptionId);
    return subscription !== undefined && invoice.status === 'paid' && isOfCustomer(intent, invoice, subscription);
  });
  return isPaidFor ? { ...intent, state: CheckoutIntentState.PAID } : intent;
}

interface Facts {
  readonly invoices: ReadonlyMap<string, InvoiceRecord>;
  readonly subscriptions: ReadonlyMap<string, SubscriptionRecord>;
}

function settleRenewal(renewal: RenewalRecord, link: Link | undefined, facts: Facts): RenewalRecord {
  const linked = { ...renewal, invoiceId: link?.invoiceId ?? null, linkedBy: link?.linkedBy ?? null };
  const subscriptionCancelAt = cancelAtOf(facts.subscriptions.get(renewal.subscriptionId ?? ''));
  const isFinal = renewal.processedAt !== null || isPaid(linked, facts.invoices);
  const endsBefore =
    subscriptionCancelAt !== null && renewal.effectiveDate !== null && subscriptionCancelAt <= renewal.effectiveDate;
  const isCanceled = !isFinal && (renewal.canceledByHand || endsBefore);
  return { ...linked, subscriptionCancelAt, isCanceled, state: stateOf(linked, isCanceled, facts) };
}

function cancelAtOf(subscription: SubscriptionRecord | undefined): Date | null {
  if (subscription === undefined) return null;
  return (
    subscription.cancelAt ??
    (subscription.cancelAtPeriodEnd === true ? subscription.currentPeriodEnd : null) ??
    subscription.endedAt
  );
}

function stateOf(renewal: RenewalRecord, isCanceled: boolean, facts: Facts): RenewalState {
  if (renewal.processedAt !== null) return RenewalState.PROCESSED;
  if (isPaid(renewal, facts.invoices)) return RenewalState.PAID;
  if (isCanceled) return RenewalState.CANCELED;
  return renewal.invoiceId === null ? RenewalState.SCHEDULED : RenewalState.LINKED;
}

function settleInvoice(
  invoice: InvoiceRecord,
  { links, matches }: Pick<Settlement, 'links' | 'matches'>,
): InvoiceRecord {
  const outcome = links.outcomes.get(invoice.id) ?? MatchOutcome.NO_RENEWAL;
  const wanted = outcome === MatchOutcome.CONFLICT ? matches.get(invoice.id)?.wants : null;
  return {
    ...invoice,
    outcome,
    isLinked: outcome === MatchOutcome.LINKED,
    wantedRenewalId: wanted?.renewalId ?? null,
  };
}
