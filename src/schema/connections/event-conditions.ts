import { sql } from 'kysely';
import { isRecordId } from '../ids.js';
import type { EventFilter } from '../inputs/event.filter.js';
import { given, is, isIn, isWithin } from './conditions.js';
import type { Condition } from './keyset.js';

export function eventConditions(filter: EventFilter): Condition[] {
  return [
    ...isIn('event.type', filter.type),
    ...is('event.source', filter.source),
    ...isIn('event.state', filter.state),
    ...is('event.stripe_subscription_id', filter.stripeSubscriptionId),
    ...is('event.stripe_invoice_id', filter.stripeInvoiceId),
    ...is('event.stripe_customer_id', filter.stripeCustomerId),
    ...given(filter.checkoutIntentId, isOfIntent),
    ...isWithin('event.occurred_at', filter.occurredFrom, filter.occurredTo),
    ...isWithin('event.received_at', filter.receivedFrom, filter.receivedTo),
    ...hasDelivery(filter),
  ];
}

/** An event of the ledger can name its intent; one that names none, as Stripe's do, belongs to the owner of its subscription. */
function isOfIntent(intentId: string): Condition {
  if (!isRecordId(intentId)) return sql`false`;
  const subscriptions = sql`array(select subscription.id from subscription where subscription.checkout_intent_id = ${intentId}::bigint)`;
  return sql`(event.checkout_intent_id = ${intentId}::bigint
    or (event.stripe_subscription_id = any(${subscriptions}) and event.checkout_intent_id is null))`;
}

function hasDelivery({ handler, deliveryState }: EventFilter): Condition[] {
  const conditions = [...is('delivery.handler', handler), ...isIn('delivery.state', deliveryState)];
  if (conditions.length === 0) return [];
  return [
    sql`exists (select from delivery where delivery.event_id = event.id and ${sql.join(conditions, sql` and `)})`,
  ];
}
