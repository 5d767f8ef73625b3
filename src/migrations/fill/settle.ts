import { compareSubscriptions, effectiveDateIn, type Owned, subscriptionFor } from './dates.js';
import { type Claim, compareClaims, match } from './match.js';
import { compareText, type Group, type InvoiceRow, type RenewalRow, type SubscriptionRow, timeOf } from './rows.js';

export interface Settled {
  readonly renewals: readonly RenewalRow[];
  /** What became of every invoice. */
  readonly outcomes: ReadonlyMap<string, string>;
}

/** All dates and links that follow from a group's facts. A link that is there stands, whoever made it. Pure. */
export function settle(group: Group): Settled {
  const customer = customerOf(group);
  const own = group.subscriptions.filter((one) => !isForeign(customer, one)).toSorted(compareSubscriptions);
  const owned = { subscriptions: own, moves: group.moves };
  const invoices = new Map(group.invoices.map((invoice) => [invoice.id, invoice]));
  const dated = group.renewals.map((renewal) => settleDate(renewal, owned, invoices));
  const claims = group.invoices.map((invoice) => match(invoice, { ...group, renewals: dated }, customer));
  const linked = linkAll(dated, claims);
  const held = new Set(linked.map(({ stripe_invoice_id: id }) => id));
  return {
    renewals: linked.map((renewal) => settleState(renewal, { invoices, own })),
    outcomes: new Map(claims.map(({ invoice, outcome }) => [invoice.id, held.has(invoice.id) ? 'LINKED' : outcome])),
  };
}

/** The intent's customer; where it has none, that of the earliest event of its subscriptions. */
export function customerOf({ intent, subscriptions }: Group): string | null {
  const [first] = subscriptions
    .filter((one) => one.first_customer_id !== null)
    .toSorted(
      (a, b) =>
        timeOf(a.first_event_at) - timeOf(b.first_event_at) ||
        compareText(a.first_event_id ?? '', b.first_event_id ?? ''),
    );
  return intent.stripe_customer_id ?? first?.first_customer_id ?? null;
}

function isForeign(customer: string | null, subscription: SubscriptionRow): boolean {
  const other = subscription.stripe_customer_id ?? subscription.first_customer_id;
  return customer !== null && other !== null && customer !== other;
}

function isPaid(renewal: RenewalRow, invoices: ReadonlyMap<string, InvoiceRow>): boolean {
  return invoices.get(renewal.stripe_invoice_id ?? '')?.status === 'paid';
}

function settleDate(renewal: RenewalRow, owned: Owned, invoices: ReadonlyMap<string, InvoiceRow>): RenewalRow {
  const id = subscriptionFor(renewal, owned, isPaid(renewal, invoices));
  const subscription = owned.subscriptions.find((one) => one.id === id) ?? null;
  const effective_date = effectiveDateIn(renewal, subscription, owned.moves);
  return { ...renewal, stripe_subscription_id: id, effective_date };
}

function linkAll(renewals: readonly RenewalRow[], claims: readonly Claim[]): RenewalRow[] {
  const held = new Set(renewals.map(({ stripe_invoice_id: id }) => id));
  const free = claims.filter(({ invoice }) => !held.has(invoice.id));
  return renewals.map((renewal) => {
    if (renewal.stripe_invoice_id !== null) return renewal;
    const [best] = free.filter(({ wants }) => wants?.renewalId === renewal.id).toSorted(compareClaims);
    return best === undefined ? renewal : { ...renewal, stripe_invoice_id: best.invoice.id, linked_by: 'BACKFILL' };
  });
}

interface Facts {
  readonly invoices: ReadonlyMap<string, InvoiceRow>;
  readonly own: readonly SubscriptionRow[];
}

function settleState(renewal: RenewalRow, { invoices, own }: Facts): RenewalRow {
  const cancelAt = cancelAtOf(own.find(({ id }) => id === renewal.stripe_subscription_id));
  const isFinal = renewal.processed_at !== null || isPaid(renewal, invoices);
  const endsBefore = cancelAt !== null && renewal.effective_date !== null && cancelAt <= renewal.effective_date;
  const settled = {
    ...renewal,
    subscription_cancel_at: cancelAt,
    is_canceled: !isFinal && (renewal.canceled_by_hand || endsBefore),
  };
  return { ...settled, state: stateOf(settled, isPaid(renewal, invoices)) };
}

function cancelAtOf(subscription: SubscriptionRow | undefined): Date | null {
  if (subscription === undefined) return null;
  const { cancel_at, cancel_at_period_end, current_period_end, ended_at } = subscription;
  return cancel_at ?? (cancel_at_period_end === true ? current_period_end : null) ?? ended_at;
}

function stateOf(renewal: RenewalRow, isPaidFor: boolean): string {
  if (renewal.processed_at !== null) return 'PROCESSED';
  if (isPaidFor) return 'PAID';
  if (renewal.is_canceled) return 'CANCELED';
  return renewal.stripe_invoice_id === null ? 'SCHEDULED' : 'LINKED';
}
