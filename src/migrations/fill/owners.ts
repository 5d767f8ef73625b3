import { compareInvoices } from './invoice-facts.js';
import type { InvoiceRow, SubscriptionRow } from './rows.js';

/** Whom a subscription can belong to. */
export interface Owners {
  /** Every intent that is named by the metadata of the subscriptions looked at. */
  readonly named: readonly { readonly id: string; readonly uuid: string }[];
  /** Renewals that name a subscription, ascending by id. */
  readonly naming: readonly { readonly checkout_intent_id: string; readonly given_stripe_subscription_id: string }[];
}

/** What a subscription's own metadata says; where that names nobody, what the last of its invoices carries. */
export function withName(subscription: SubscriptionRow, invoices: readonly InvoiceRow[]): SubscriptionRow {
  if (subscription.is_named_by_itself) return subscription;
  const [last] = invoices
    .filter((invoice) => invoice.named_intent_uuid !== null || invoice.named_intent_id !== null)
    .toSorted((a, b) => b.created_at.getTime() - a.created_at.getTime() || compareInvoices(b, a));
  const { named_intent_uuid = null, named_intent_id = null } = last ?? {};
  return { ...subscription, named_intent_uuid, named_intent_id };
}

/** The intent that is named by uuid, else by id; else the one whose renewal names the subscription. */
export function ownerOf(subscription: SubscriptionRow, { named, naming }: Owners): string | null {
  const intent =
    subscription.named_intent_uuid === null
      ? named.find(({ id }) => id === subscription.named_intent_id)
      : named.find(({ uuid }) => uuid === subscription.named_intent_uuid);
  if (intent !== undefined) return intent.id;
  const renewal = naming.find((one) => one.given_stripe_subscription_id === subscription.id);
  return renewal?.checkout_intent_id ?? null;
}
