import type Stripe from 'stripe';

/** The ids that every event of the ledger carries; null where there is no such thing. */
export interface LedgerIds {
  readonly checkoutIntentId: string | null;
  readonly checkoutIntentUuid: string | null;
  readonly stripeSubscriptionId: string | null;
  readonly stripeCustomerId: string | null;
  readonly stripeInvoiceId: string | null;
  readonly renewalId: string | null;
  readonly subscriptionPlanRenewalId: string | null;
  readonly priorSubscriptionPlanUuid: string | null;
  readonly renewedSubscriptionPlanUuid: string | null;
}

/** A subscription as the ledger's events tell it. Times are ISO 8601 in UTC. */
export interface SubscriptionState {
  readonly status: string | null;
  readonly cancelAt: string | null;
  readonly cancelAtPeriodEnd: boolean | null;
  readonly endedAt: string | null;
  readonly trialEnd: string | null;
  readonly currentPeriodStart: string | null;
  readonly currentPeriodEnd: string | null;
}

/** `before` is null where nothing was known before. */
export interface SubscriptionChanged extends LedgerIds {
  readonly before: SubscriptionState | null;
  readonly after: SubscriptionState;
}

/** Amounts are integers in the currency's minor unit. */
export interface PaymentReceived extends LedgerIds {
  readonly total: number | null;
  readonly amountPaid: number | null;
  readonly currency: string | null;
}

export interface RenewalPaid extends PaymentReceived {
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
}

export interface RenewalLinked extends LedgerIds {
  readonly effectiveDate: string | null;
  readonly linkedBy: 'RULE' | 'PERSON' | 'BACKFILL' | 'IMPORT';
}

export interface RenewalUnlinked extends LedgerIds {
  readonly effectiveDate: string | null;
  readonly reason: string | null;
}

export interface RenewalRescheduled extends LedgerIds {
  readonly before: string | null;
  readonly after: string | null;
}

export interface RenewalProcessed extends LedgerIds {
  readonly processedBy: string;
  readonly processedAt: string;
}

/** `code` and `outcome` as `explainMatch` gives them. */
export interface RenewalUnmatched extends LedgerIds {
  readonly outcome: string;
  readonly code: string;
  readonly reason: string;
}

export interface RenewalConflict extends LedgerIds {
  readonly heldByInvoiceId: string;
  readonly code: string;
  readonly reason: string;
}

export interface RenewalOverdue extends LedgerIds {
  readonly effectiveDate: string;
}

export type AttentionCode =
  | 'BETTER_CLAIM'
  | 'FORBIDDEN_TRANSITION'
  | 'FOREIGN_CUSTOMER'
  | 'METADATA_INVALID'
  | 'PAID_AFTER_END'
  | 'VOIDED_AFTER_PROCESSED';

/** Something that the rules leave to a person; `message` says what. */
export interface AttentionNeeded extends LedgerIds {
  readonly code: AttentionCode;
  readonly subject: string;
  readonly message: string;
}

/**
 * What `event.data.object` holds, by the type of the ledger's event. Open for declaration merging: add the events that you
 * `ctx.emit`, and handlers of them are checked like any other.
 *
 * @example
 * declare module '@renewal-ledger/sdk' {
 *   interface LedgerEvents { 'acme.receipt_sent': { invoiceId: string } }
 * }
 */
export interface LedgerEvents {
  'renewal.linked': RenewalLinked;
  'renewal.unlinked': RenewalUnlinked;
  'renewal.rescheduled': RenewalRescheduled;
  'renewal.paid': RenewalPaid;
  'renewal.processed': RenewalProcessed;
  'renewal.unmatched': RenewalUnmatched;
  'renewal.conflict': RenewalConflict;
  'renewal.overdue': RenewalOverdue;
  /** Its payload held only the first lines: the service fetches the rest where it has a key to Stripe. */
  'invoice.truncated': LedgerIds;
  /** Read from Stripe, of a time older than the events that Stripe still lists; the one event whose object is Stripe's. */
  'invoice.observed': Stripe.Invoice;
  'payment.received': PaymentReceived;
  'subscription.past_due': SubscriptionChanged;
  'subscription.recovered': SubscriptionChanged;
  'subscription.cancellation_scheduled': SubscriptionChanged;
  'subscription.reinstated': SubscriptionChanged;
  'subscription.canceled': SubscriptionChanged;
  'subscription.paused': SubscriptionChanged;
  'subscription.resumed': SubscriptionChanged;
  'subscription.pending_update_applied': SubscriptionChanged;
  'subscription.pending_update_expired': SubscriptionChanged;
  'subscription.trial_ending': SubscriptionChanged;
  'attention.needed': AttentionNeeded;
}

/** An event that the ledger raised, in an envelope like Stripe's. `created` is in epoch seconds. */
export interface LedgerEvent<Type extends keyof LedgerEvents = keyof LedgerEvents> {
  readonly id: string;
  readonly object: 'event';
  readonly type: Type;
  readonly created: number;
  readonly data: { readonly object: LedgerEvents[Type] };
}

/** The types that the ledger itself raises. `<type>:<key>` is the id of such an event. */
export const LEDGER_EVENT_TYPES = [
  'attention.needed',
  'invoice.observed',
  'invoice.truncated',
  'payment.received',
  'renewal.conflict',
  'renewal.linked',
  'renewal.overdue',
  'renewal.paid',
  'renewal.processed',
  'renewal.rescheduled',
  'renewal.unlinked',
  'renewal.unmatched',
  'subscription.canceled',
  'subscription.cancellation_scheduled',
  'subscription.past_due',
  'subscription.paused',
  'subscription.pending_update_applied',
  'subscription.pending_update_expired',
  'subscription.recovered',
  'subscription.reinstated',
  'subscription.resumed',
  'subscription.trial_ending',
] as const satisfies readonly (keyof LedgerEvents)[];
