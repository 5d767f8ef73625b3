import { sql } from 'kysely';
import { CheckoutIntentChange } from '../../entities/checkout-intent-change.entity.js';
import { Delivery } from '../../entities/delivery.entity.js';
import { RenewalChange } from '../../entities/renewal-change.entity.js';
import { keysets } from '../connections/keyset.js';
import { manyBy, oneBy, oneOf, pageBy, type Fork } from './batches.js';
import { payloadsOf } from './payloads.js';

const deliveries = { entity: Delivery, table: 'delivery' };
const intentChanges = { entity: CheckoutIntentChange, table: 'checkout_intent_change' };
const renewalChanges = { entity: RenewalChange, table: 'renewal_change' };

const ofBackfill = { column: 'backfill_id', type: 'bigint' } as const;

/** Everything that a field may ask for by key, for one request: each level of a query costs one statement, whatever its length. */
export function createLoaders(fork: Fork) {
  const { checkoutIntents, renewals, subscriptions, invoices, events, backfills, backfillRecords } = keysets;
  return {
    intentById: oneBy(fork, checkoutIntents, { column: 'id', type: 'bigint' }),
    intentByUuid: oneBy(fork, checkoutIntents, { column: 'uuid', type: 'uuid' }),
    intentOfSubscription: oneOf(fork, checkoutIntents, intentsOfSubscriptions),
    renewalById: oneBy(fork, renewals, { column: 'id', type: 'bigint' }),
    renewalByInvoiceId: oneBy(fork, renewals, { column: 'stripe_invoice_id', type: 'text' }),
    renewalByPlanRenewalId: oneBy(fork, renewals, { column: 'subscription_plan_renewal_id', type: 'text' }),
    subscriptionById: oneBy(fork, subscriptions, { column: 'id', type: 'text' }),
    invoiceById: oneBy(fork, invoices, { column: 'id', type: 'text' }),
    eventById: oneBy(fork, events, { column: 'id', type: 'text' }),
    payloadOfEvent: payloadsOf(fork),
    deliveriesOfEvent: manyBy(fork, deliveries, { column: 'event_id', type: 'text', orderBy: 'handler' }),
    historyOfIntent: manyBy(fork, intentChanges, { column: 'checkout_intent_id', type: 'bigint', orderBy: 'id' }),
    historyOfRenewal: manyBy(fork, renewalChanges, { column: 'renewal_id', type: 'bigint', orderBy: 'id' }),
    renewalsOfIntent: pageBy(fork, renewals, { column: 'checkout_intent_id', type: 'bigint' }),
    renewalsOfSubscription: pageBy(fork, renewals, { column: 'stripe_subscription_id', type: 'text' }),
    subscriptionsOfIntent: pageBy(fork, subscriptions, { column: 'checkout_intent_id', type: 'bigint' }),
    backfillById: oneBy(fork, backfills, { column: 'id', type: 'bigint' }),
    changesOfBackfill: pageBy(fork, backfillRecords, { ...ofBackfill, where: [sql`backfill_record.code is null`] }),
    problemsOfBackfill: pageBy(fork, backfillRecords, {
      ...ofBackfill,
      where: [sql`backfill_record.code is not null`],
    }),
    invoicesOfSubscription: pageBy(fork, invoices, { column: 'stripe_subscription_id', type: 'text' }),
  };
}

export type Loaders = ReturnType<typeof createLoaders>;

const intentsOfSubscriptions = (subscriptionIds: readonly string[]) => ({
  key: sql`subscription.id`,
  rows: sql`from subscription join checkout_intent on checkout_intent.id = subscription.checkout_intent_id
    where subscription.id = any(${subscriptionIds}::text[])`,
});
