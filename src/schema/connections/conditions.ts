import { sql } from 'kysely';
import { isRecordId } from '../ids.js';
import type { CheckoutIntentFilter, InvoiceFilter, RenewalFilter, SubscriptionFilter } from '../inputs/filters.js';
import type { Condition } from './keyset.js';

const NOTHING: Condition = sql`false`;

export function intentConditions(filter: CheckoutIntentFilter): Condition[] {
  return [
    ...isIn('checkout_intent.state', filter.state),
    ...is('checkout_intent.stripe_customer_id', filter.stripeCustomerId),
    ...is('checkout_intent.enterprise_slug', filter.enterpriseSlug),
  ];
}

export function renewalConditions(filter: RenewalFilter, now: Date): Condition[] {
  return [
    ...isIn('renewal.state', filter.state),
    ...isRecord('renewal.checkout_intent_id', filter.checkoutIntentId),
    ...is('renewal.stripe_subscription_id', filter.stripeSubscriptionId),
    ...is('renewal.stripe_invoice_id', filter.stripeInvoiceId),
    ...isWithin('renewal.effective_date', filter.effectiveFrom, filter.effectiveTo),
    ...given(filter.overdue, (overdue) => (overdue ? isOverdue(now) : sql`(${isOverdue(now)}) is not true`)),
  ];
}

export function subscriptionConditions(filter: SubscriptionFilter): Condition[] {
  return [
    ...isIn('subscription.status', filter.status),
    ...is('subscription.stripe_customer_id', filter.stripeCustomerId),
    ...isRecord('subscription.checkout_intent_id', filter.checkoutIntentId),
  ];
}

export function invoiceConditions(filter: InvoiceFilter): Condition[] {
  return [
    ...isIn('invoice.status', filter.status),
    ...is('invoice.stripe_subscription_id', filter.stripeSubscriptionId),
    ...is('invoice.stripe_customer_id', filter.stripeCustomerId),
    ...given(filter.linked, (linked) => (linked ? sql`invoice.is_linked` : sql`not invoice.is_linked`)),
  ];
}

/** The invoices that a renewal should have: of a billing cycle, live, and without a link. */
export const unmatchedConditions: readonly Condition[] = [
  sql`not invoice.is_linked`,
  sql`invoice.billing_reason in ('subscription_cycle', 'subscription')`,
  sql`(invoice.status in ('void', 'deleted')) is not true`,
];

const isOverdue = (now: Date) =>
  sql`renewal.state = 'SCHEDULED' and renewal.effective_date < ${now} and renewal.stripe_invoice_id is null`;

/** The condition of a filter's field; none where the field is left out or null. */
export function given<Value>(value: Value | null | undefined, condition: (value: Value) => Condition): Condition[] {
  return value === null || value === undefined ? [] : [condition(value)];
}

export const is = (column: string, value: string | null | undefined): Condition[] =>
  given(value, (wanted) => sql`${sql.ref(column)} = ${wanted}::text`);

export const isIn = (column: string, values: readonly string[] | null | undefined): Condition[] =>
  given(values, (wanted) => sql`${sql.ref(column)} = any(${[...wanted]}::text[])`);

export const isRecord = (column: string, id: string | null | undefined): Condition[] =>
  given(id, (wanted) => (isRecordId(wanted) ? sql`${sql.ref(column)} = ${wanted}::bigint` : NOTHING));

export const isWithin = (column: string, from: Date | null | undefined, to: Date | null | undefined): Condition[] => [
  ...given(from, (wanted) => sql`${sql.ref(column)} >= ${wanted}`),
  ...given(to, (wanted) => sql`${sql.ref(column)} < ${wanted}`),
];
