import type {
  IntentRecord,
  InvoiceFactRecord,
  InvoiceRecord,
  MoveRecord,
  RefusedPairRecord,
  RenewalRecord,
  SubscriptionRecord,
} from './records.js';
import type { Table } from './rows.js';

/** Records against the columns of their tables; the entities say what each column means. */
export const intentTable: Table<IntentRecord> = {
  name: 'checkout_intent',
  isTimestamped: true,
  columns: {
    id: 'id bigint',
    uuid: 'uuid uuid',
    state: 'state text',
    givenCustomerId: 'given_stripe_customer_id text',
    customerId: 'stripe_customer_id text',
    enterpriseName: 'enterprise_name text',
    enterpriseSlug: 'enterprise_slug text',
    enterpriseUuid: 'enterprise_uuid uuid',
    quantity: 'quantity int',
  },
};

export const subscriptionTable: Table<SubscriptionRecord> = {
  name: 'subscription',
  columns: {
    id: 'id text',
    customerId: 'stripe_customer_id text',
    status: 'status text',
    cancelAt: 'cancel_at timestamptz',
    cancelAtPeriodEnd: 'cancel_at_period_end boolean',
    endedAt: 'ended_at timestamptz',
    trialEnd: 'trial_end timestamptz',
    currentPeriodStart: 'current_period_start timestamptz',
    currentPeriodEnd: 'current_period_end timestamptz',
    createdAt: 'created_at timestamptz',
    namedIntentUuid: 'named_intent_uuid uuid',
    namedIntentId: 'named_intent_id bigint',
    isNamedByItself: 'is_named_by_itself boolean',
    intentId: 'checkout_intent_id bigint',
    firstCustomerId: 'first_customer_id text',
    firstEventAt: 'first_event_at timestamptz',
    firstEventId: 'first_event_id text',
    isDeleted: 'is_deleted boolean',
    asOf: 'as_of timestamptz',
    asOfEventId: 'as_of_event_id text',
  },
};

export const moveTable: Table<MoveRecord> = {
  name: 'subscription_move',
  columns: {
    subscriptionId: 'subscription_id text',
    eventId: 'event_id text',
    occurredAt: 'occurred_at timestamptz',
    position: 'position int',
    from: 'from_date timestamptz',
    to: 'to_date timestamptz',
  },
};

export const invoiceTable: Table<InvoiceRecord> = {
  name: 'invoice',
  columns: {
    id: 'id text',
    subscriptionId: 'stripe_subscription_id text',
    customerId: 'stripe_customer_id text',
    status: 'status text',
    billingReason: 'billing_reason text',
    currency: 'currency text',
    total: 'total int8',
    amountPaid: 'amount_paid int8',
    periodStart: 'period_start timestamptz',
    periodEnd: 'period_end timestamptz',
    toleranceSeconds: 'tolerance_seconds int',
    linesVerdict: 'lines_verdict text',
    namedIntentUuid: 'named_intent_uuid uuid',
    namedIntentId: 'named_intent_id bigint',
    hasFetchedLines: 'has_fetched_lines boolean',
    outcome: 'outcome text',
    isLinked: 'is_linked boolean',
    wantedRenewalId: 'wanted_renewal_id bigint',
    paidAt: 'paid_at timestamptz',
    createdAt: 'created_at timestamptz',
    asOf: 'as_of timestamptz',
    asOfEventId: 'as_of_event_id text',
  },
};

export const invoiceFactTable: Table<InvoiceFactRecord> = {
  ...invoiceTable,
  columns: {
    ...invoiceTable.columns,
    invoicePeriodStart: 'invoice_period_start timestamptz',
    invoicePeriodEnd: 'invoice_period_end timestamptz',
    lines: 'lines jsonb',
    areLinesTruncated: 'are_lines_truncated boolean',
  },
};

export const renewalTable: Table<RenewalRecord> = {
  name: 'renewal',
  isTimestamped: true,
  columns: {
    id: 'id bigint',
    intentId: 'checkout_intent_id bigint',
    subscriptionPlanRenewalId: 'subscription_plan_renewal_id text',
    priorSubscriptionPlanUuid: 'prior_subscription_plan_uuid uuid',
    renewedSubscriptionPlanUuid: 'renewed_subscription_plan_uuid uuid',
    givenSubscriptionId: 'given_stripe_subscription_id text',
    subscriptionId: 'stripe_subscription_id text',
    givenDate: 'given_date timestamptz',
    isDateFixed: 'is_date_fixed boolean',
    effectiveDate: 'effective_date timestamptz',
    invoiceId: 'stripe_invoice_id text',
    linkedBy: 'linked_by text',
    state: 'state text',
    processingStartedAt: 'processing_started_at timestamptz',
    processedAt: 'processed_at timestamptz',
    canceledByHand: 'canceled_by_hand boolean',
    isCanceled: 'is_canceled boolean',
    subscriptionCancelAt: 'subscription_cancel_at timestamptz',
  },
};

export const refusedPairTable: Table<RefusedPairRecord> = {
  name: 'refused_pair',
  columns: { renewalId: 'renewal_id bigint', invoiceId: 'stripe_invoice_id text' },
};
