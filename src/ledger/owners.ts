import { compareInvoices } from './invoice-facts.js';
import type { IntentName, IntentRecord, InvoiceRecord, RenewalRecord, SubscriptionRecord } from './records.js';

/** Whom a subscription can belong to. */
export interface Owners {
  readonly byUuid: ReadonlyMap<string, string>;
  readonly ids: ReadonlySet<string>;
  /** By the subscription that they name, the intent of the renewal that was there first. */
  readonly byGivenSubscription: ReadonlyMap<string, string>;
}

export function ownersIn({
  intents,
  renewals,
}: {
  readonly intents: readonly Pick<IntentRecord, 'id' | 'uuid'>[];
  readonly renewals: readonly Pick<RenewalRecord, 'id' | 'intentId' | 'givenSubscriptionId'>[];
}): Owners {
  const first = new Map<string, Pick<RenewalRecord, 'id' | 'intentId'>>();
  for (const renewal of renewals) {
    const { givenSubscriptionId: given } = renewal;
    const known = given === null ? undefined : first.get(given);
    if (given !== null && (known === undefined || BigInt(renewal.id) < BigInt(known.id))) first.set(given, renewal);
  }
  return {
    byUuid: new Map(intents.map(({ id, uuid }) => [uuid, id])),
    ids: new Set(intents.map(({ id }) => id)),
    byGivenSubscription: new Map([...first].map(([given, { intentId }]) => [given, intentId])),
  };
}

/**
 * The checkout intent that a subscription's metadata names, by uuid, else by id; else the one whose renewal names the subscription.
 * A uuid that no intent has yet keeps its subscription from one that merely has the id: ids repeat between environments.
 */
export function ownerOf(
  { id, namedIntentUuid, namedIntentId }: Pick<SubscriptionRecord, 'id' | keyof IntentName>,
  { byUuid, ids, byGivenSubscription }: Owners,
): string | null {
  const byId = namedIntentId !== null && ids.has(namedIntentId) ? namedIntentId : undefined;
  const named = namedIntentUuid === null ? byId : byUuid.get(namedIntentUuid);
  return named ?? byGivenSubscription.get(id) ?? null;
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
