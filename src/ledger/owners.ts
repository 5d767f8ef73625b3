import { compareInvoices } from './invoice-facts.js';
import type { IntentName, IntentRecord, InvoiceRecord, RenewalRecord, SubscriptionRecord } from './records.js';

/** Whom a subscription can belong to. */
export interface Owners {
  readonly intents: readonly Pick<IntentRecord, 'id' | 'uuid'>[];
  readonly renewals: readonly Pick<RenewalRecord, 'id' | 'intentId' | 'givenSubscriptionId'>[];
}

/**
 * The checkout intent that a subscription's metadata names, by uuid, else by id; else the one whose renewal names the subscription.
 * A uuid that no intent has yet keeps its subscription from one that merely has the id: ids repeat between environments.
 */
export function ownerOf(
  subscription: Pick<SubscriptionRecord, 'id' | keyof IntentName>,
  owners: Owners,
): string | null {
  const named =
    subscription.namedIntentUuid === null
      ? owners.intents.find(({ id }) => id === subscription.namedIntentId)
      : owners.intents.find(({ uuid }) => uuid === subscription.namedIntentUuid);
  if (named !== undefined) return named.id;
  const [naming] = owners.renewals
    .filter((renewal) => renewal.givenSubscriptionId === subscription.id)
    .toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  return naming?.intentId ?? null;
}

/** What a subscription's own metadata says; where that names nobody, what the last of its invoices carries. */
export function withName(subscription: SubscriptionRecord, invoices: readonly InvoiceRecord[]): SubscriptionRecord {
  if (subscription.isNamedByItself) return subscription;
  const [last] = invoices
    .filter((invoice) => invoice.namedIntentUuid !== null || invoice.namedIntentId !== null)
    .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || compareInvoices(b, a));
  const { namedIntentUuid = null, namedIntentId = null } = last ?? {};
  return { ...subscription, namedIntentUuid, namedIntentId };
}
