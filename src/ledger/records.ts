import type { InvoiceLine } from '@renewal-ledger/sdk';
import type { CheckoutIntentState, LinkedBy, RenewalState } from '../entities/states.js';

/** The ledger's rows as plain data: what the pure rules take and return. Times are instants; ids are text. */
export interface IntentRecord {
  readonly id: string;
  readonly uuid: string;
  readonly state: CheckoutIntentState;
  readonly givenCustomerId: string | null;
  readonly customerId: string | null;
  readonly enterpriseName: string | null;
  readonly enterpriseSlug: string | null;
  readonly enterpriseUuid: string | null;
  readonly quantity: number;
}

/** What a subscription event, or an invoice, says of a subscription's owner. The intent itself may be created later. */
export interface IntentName {
  readonly namedIntentUuid: string | null;
  readonly namedIntentId: string | null;
}

export interface SubscriptionRecord extends IntentName {
  readonly id: string;
  readonly customerId: string | null;
  readonly status: string | null;
  readonly cancelAt: Date | null;
  readonly cancelAtPeriodEnd: boolean | null;
  readonly endedAt: Date | null;
  readonly trialEnd: Date | null;
  readonly currentPeriodStart: Date | null;
  readonly currentPeriodEnd: Date | null;
  readonly createdAt: Date | null;
  /** True where its own metadata named the intent; else an invoice's copy of it did. */
  readonly isNamedByItself: boolean;
  readonly intentId: string | null;
  readonly firstCustomerId: string | null;
  readonly firstEventAt: Date | null;
  readonly firstEventId: string | null;
  /** Its deletion was seen: final. */
  readonly isDeleted: boolean;
  readonly asOf: Date | null;
  /** Null: no subscription event has come; known from an invoice or a renewal. */
  readonly asOfEventId: string | null;
}

export interface MoveRecord {
  readonly subscriptionId: string;
  readonly eventId: string;
  readonly occurredAt: Date | null;
  readonly position: number;
  readonly from: Date;
  readonly to: Date;
}

/** What settling needs of an invoice. Its lines have said their part when the fact was read: `linesVerdict` and the period. */
export interface InvoiceRecord extends IntentName {
  readonly id: string;
  readonly subscriptionId: string | null;
  readonly customerId: string | null;
  readonly status: InvoiceStatus;
  readonly billingReason: string | null;
  readonly currency: string | null;
  readonly total: number | null;
  readonly amountPaid: number | null;
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
  readonly toleranceSeconds: number | null;
  readonly linesVerdict: LinesVerdict;
  /** All lines were fetched from Stripe: they count while the newest payload is truncated. */
  readonly hasFetchedLines: boolean;
  readonly outcome: MatchOutcome | null;
  readonly isLinked: boolean;
  /** On a conflict: the renewal that another invoice holds. */
  readonly wantedRenewalId: string | null;
  readonly paidAt: Date | null;
  readonly createdAt: Date;
  readonly asOf: Date | null;
  readonly asOfEventId: string;
}

/** An invoice as one event tells it, with all that the row keeps. */
export interface InvoiceFactRecord extends InvoiceRecord {
  readonly invoicePeriodStart: Date | null;
  readonly invoicePeriodEnd: Date | null;
  readonly lines: readonly InvoiceLine[];
  readonly areLinesTruncated: boolean;
}

export interface RenewalRecord {
  readonly id: string;
  readonly intentId: string;
  readonly subscriptionPlanRenewalId: string;
  readonly priorSubscriptionPlanUuid: string | null;
  readonly renewedSubscriptionPlanUuid: string | null;
  readonly givenSubscriptionId: string | null;
  readonly subscriptionId: string | null;
  readonly givenDate: Date | null;
  readonly isDateFixed: boolean;
  readonly effectiveDate: Date | null;
  readonly invoiceId: string | null;
  readonly linkedBy: LinkedBy | null;
  readonly state: RenewalState;
  readonly processingStartedAt: Date | null;
  readonly processedAt: Date | null;
  readonly canceledByHand: boolean;
  readonly isCanceled: boolean;
  readonly subscriptionCancelAt: Date | null;
}

export interface RefusedPairRecord {
  readonly renewalId: string;
  readonly invoiceId: string;
}

export type InvoiceStatus = 'draft' | 'open' | 'uncollectible' | 'void' | 'deleted' | 'paid';

export type LinesVerdict = 'ELIGIBLE' | 'NO_SUBSCRIPTION_LINE' | 'PRORATION_ONLY' | 'NO_PERIOD' | 'INCOMPLETE';

/** The contract's enum. */
export enum MatchOutcome {
  LINKED = 'LINKED',
  ALREADY_LINKED = 'ALREADY_LINKED',
  CONFLICT = 'CONFLICT',
  NO_RENEWAL = 'NO_RENEWAL',
  AMBIGUOUS = 'AMBIGUOUS',
  NOT_A_RENEWAL = 'NOT_A_RENEWAL',
  INCOMPLETE = 'INCOMPLETE',
}

/** One checkout intent with everything that its links follow from; `intent` is null for subscriptions that nobody owns. */
export interface Group {
  readonly intent: IntentRecord | null;
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly moves: readonly MoveRecord[];
  readonly invoices: readonly InvoiceRecord[];
  readonly renewals: readonly RenewalRecord[];
  readonly refusedPairs: readonly RefusedPairRecord[];
}
