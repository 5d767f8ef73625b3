// Generated from schema.graphql by the test of the generated client (vitest -u). Do not edit.
/* oxlint-disable eslint/max-lines */
import type { Paged } from './paged.js';

export type BackfillKind =
  | 'RENEWAL_LINKS'
  | 'STRIPE_EVENTS';

export type BackfillState =
  | 'CANCELED'
  | 'DONE'
  | 'FAILED'
  | 'RUNNING';

/** How far a checkout has come. Which state may follow which is refused or accepted by updateCheckoutIntent. */
export type CheckoutIntentState =
  | 'CREATED'
  | 'ERRORED_BACKOFFICE'
  | 'ERRORED_FULFILLMENT_STALLED'
  | 'ERRORED_PROVISIONING'
  | 'EXPIRED'
  | 'FULFILLED'
  | 'PAID';

export type DeliveryState =
  | 'DEAD'
  | 'DONE'
  | 'PENDING'
  | 'RETRYING'
  | 'SKIPPED'
  | 'WAITING';

export type EventSource =
  | 'LEDGER'
  | 'STRIPE';

/** The worst of its deliveries' states: DEAD, RETRYING, WAITING, PENDING, HANDLED. */
export type EventState =
  | 'DEAD'
  | 'HANDLED'
  | 'IGNORED'
  | 'PENDING'
  | 'RETRYING'
  | 'WAITING';

/** Who linked an invoice to a renewal. */
export type LinkedBy =
  | 'BACKFILL'
  | 'IMPORT'
  | 'PERSON'
  | 'RULE';

export type MatchOutcome =
  | 'ALREADY_LINKED'
  | 'AMBIGUOUS'
  | 'CONFLICT'
  | 'INCOMPLETE'
  | 'LINKED'
  | 'NOT_A_RENEWAL'
  | 'NO_RENEWAL';

export type RenewalState =
  | 'CANCELED'
  | 'LINKED'
  | 'PAID'
  | 'PROCESSED'
  | 'SCHEDULED';

export interface BackfillInput {
  /** Raise ledger events for what is found; else they are held back. Unset: yes for STRIPE_EVENTS (but not for what invoices older than its events tell), no for RENEWAL_LINKS. */
  readonly announce?: boolean | null | undefined;
  /** RENEWAL_LINKS: only records of this checkout intent. */
  readonly checkoutIntentId?: string | null | undefined;
  /** STRIPE_EVENTS: only events that Stripe has delivered to all its endpoints, or, if false, not yet or never. Unset: all. */
  readonly deliverySuccess?: boolean | null | undefined;
  /** Show what would change, and change nothing. */
  readonly dryRun?: boolean | undefined;
  /** STRIPE_EVENTS: only these types, 20 at most. Unset: those that handlers take. */
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly kind?: BackfillKind | undefined;
  /** STRIPE_EVENTS: from this time on. Stripe keeps events for 30 days; for older times the invoices of each known subscription are read. */
  readonly since?: string | null | undefined;
}

/** All that is given must hold. An empty list matches nothing. */
export interface CheckoutIntentFilter {
  readonly enterpriseSlug?: string | null | undefined;
  readonly state?: readonly CheckoutIntentState[] | null | undefined;
  readonly stripeCustomerId?: string | null | undefined;
}

export interface CreateCheckoutIntentInput {
  readonly enterpriseName?: string | null | undefined;
  readonly enterpriseSlug?: string | null | undefined;
  readonly enterpriseUuid?: string | null | undefined;
  readonly quantity?: number | undefined;
  readonly state?: CheckoutIntentState | undefined;
  /** Left out, it becomes that of the intent's earliest event. */
  readonly stripeCustomerId?: string | null | undefined;
  /** Made up where it is left out. A repeat with it answers the present row. */
  readonly uuid?: string | null | undefined;
}

export interface CreateRenewalInput {
  readonly checkoutIntentId: string;
  /** Carried along when Stripe moves the period. */
  readonly effectiveDate?: string | null | undefined;
  readonly priorSubscriptionPlanUuid?: string | null | undefined;
  /** For renewals that happened before this service knew of them. */
  readonly processedAt?: string | null | undefined;
  readonly renewedSubscriptionPlanUuid?: string | null | undefined;
  /** For renewals that happened before this service knew of them. */
  readonly stripeInvoiceId?: string | null | undefined;
  /** Left out, it is the checkout intent's earliest that had not ended by the date. */
  readonly stripeSubscriptionId?: string | null | undefined;
  /** A repeat with it answers the present row. */
  readonly subscriptionPlanRenewalId: string;
}

/** All that is given must hold. An empty list matches nothing. */
export interface EventFilter {
  /** The intent's own events, and those of its subscriptions that name no intent. */
  readonly checkoutIntentId?: string | null | undefined;
  /** Events of which a delivery is in one of these states. */
  readonly deliveryState?: readonly DeliveryState[] | null | undefined;
  /** Events of which this handler has a delivery (in deliveryState, if given). */
  readonly handler?: string | null | undefined;
  /** At this time or later. */
  readonly occurredFrom?: string | null | undefined;
  /** Before this time. */
  readonly occurredTo?: string | null | undefined;
  /** At this time or later. */
  readonly receivedFrom?: string | null | undefined;
  /** Before this time. */
  readonly receivedTo?: string | null | undefined;
  readonly source?: EventSource | null | undefined;
  readonly state?: readonly EventState[] | null | undefined;
  readonly stripeCustomerId?: string | null | undefined;
  readonly stripeInvoiceId?: string | null | undefined;
  readonly stripeSubscriptionId?: string | null | undefined;
  readonly type?: readonly string[] | null | undefined;
}

/** All that is given must hold. An empty list matches nothing. */
export interface InvoiceFilter {
  /** Linked to a renewal, or not. */
  readonly linked?: boolean | null | undefined;
  readonly status?: readonly string[] | null | undefined;
  readonly stripeCustomerId?: string | null | undefined;
  readonly stripeSubscriptionId?: string | null | undefined;
}

export interface LinkInvoiceInput {
  readonly invoiceId: string;
  /** Leave out to let the matching rules choose. A named renewal may take an invoice that they refuse, or that is not known yet. */
  readonly renewalId?: string | null | undefined;
}

export interface RegisterHandlerEndpointInput {
  /** Types such as invoice.paid, prefixes such as customer.subscription.*, or *. */
  readonly eventTypes: readonly string[];
  /** Letters, digits, dots, dashes and underscores, 63 at most. */
  readonly name: string;
  /** https, and on the public Internet, unless the service allows private endpoints. Redirects are not followed. */
  readonly url: string;
}

/** All that is given must hold. An empty list matches nothing. */
export interface RenewalFilter {
  readonly checkoutIntentId?: string | null | undefined;
  /** At this time or later. */
  readonly effectiveFrom?: string | null | undefined;
  /** Before this time. */
  readonly effectiveTo?: string | null | undefined;
  /** Past its effective date with no invoice. */
  readonly overdue?: boolean | null | undefined;
  readonly state?: readonly RenewalState[] | null | undefined;
  readonly stripeInvoiceId?: string | null | undefined;
  readonly stripeSubscriptionId?: string | null | undefined;
}

/** One of ids and filter is needed. */
export interface ReplayEventsInput {
  readonly filter?: EventFilter | null | undefined;
  /** Also deliveries that are DONE. Needs the scope admin. */
  readonly force?: boolean | undefined;
  /** Only this handler's deliveries. */
  readonly handler?: string | null | undefined;
  readonly ids?: readonly string[] | null | undefined;
  /** How many of the filter's events at most, newest first. */
  readonly limit?: number | undefined;
}

/** All that is given must hold. An empty list matches nothing. */
export interface SubscriptionFilter {
  readonly checkoutIntentId?: string | null | undefined;
  /** As Stripe names it. */
  readonly status?: readonly string[] | null | undefined;
  readonly stripeCustomerId?: string | null | undefined;
}

export interface UnlinkInvoiceInput {
  /** Kept in the history. */
  readonly reason: string;
  readonly renewalId: string;
}

/** What is left out stays; null clears. */
export interface UpdateCheckoutIntentInput {
  readonly enterpriseName?: string | null | undefined;
  readonly enterpriseSlug?: string | null | undefined;
  readonly enterpriseUuid?: string | null | undefined;
  readonly id: string;
  readonly quantity?: number | null | undefined;
  /** Kept in the history. */
  readonly reason?: string | null | undefined;
  readonly state?: CheckoutIntentState | null | undefined;
  readonly stripeCustomerId?: string | null | undefined;
}

/** What is left out stays; nothing here can be cleared. */
export interface UpdateHandlerEndpointInput {
  readonly enabled?: boolean | null | undefined;
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly id: string;
  readonly url?: string | null | undefined;
}

/** What is left out stays; null clears. */
export interface UpdateRenewalInput {
  /** A date that is set here is not carried along by Stripe's moves. */
  readonly effectiveDate?: string | null | undefined;
  readonly id: string;
  /** By hand. False takes that back. */
  readonly isCanceled?: boolean | null | undefined;
  readonly priorSubscriptionPlanUuid?: string | null | undefined;
  /** Kept in the history. */
  readonly reason: string;
  readonly renewedSubscriptionPlanUuid?: string | null | undefined;
  readonly stripeSubscriptionId?: string | null | undefined;
}

/** One run that fills what is missing. */
export interface Backfill {
  /** More than one would fit; nothing was guessed. */
  readonly ambiguous: number;
  readonly dated: number;
  /** It shows what it would change, and changes nothing. */
  readonly dryRun: boolean;
  readonly examined: number;
  readonly failed: number;
  readonly finishedAt: string | null;
  readonly id: string;
  readonly kind: BackfillKind;
  readonly lastError: string | null;
  readonly linked: number;
  /** Could not be filled, or (STRIPE_EVENTS) were there already. */
  readonly skipped: number;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly state: BackfillState;
  /** Events that were new (STRIPE_EVENTS). */
  readonly stored: number;
  /** How many there were to examine when it began; null of STRIPE_EVENTS, and before its first batch. */
  readonly total: number | null;
  readonly undoneAt: string | null;
}

/** A customer's checkout, and from then on the long-lived owner of its subscription. */
export interface CheckoutIntentSummary {
  readonly createdAt: string;
  readonly enterpriseName: string | null;
  readonly enterpriseSlug: string | null;
  readonly enterpriseUuid: string | null;
  readonly id: string;
  readonly quantity: number;
  readonly state: CheckoutIntentState;
  /** The customer that was given; else that of its earliest event, which stands once one of its links is paid. */
  readonly stripeCustomerId: string | null;
  readonly updatedAt: string;
  /** What a Stripe subscription's metadata names as checkout_intent_uuid. */
  readonly uuid: string;
}

/** A customer's checkout, and from then on the long-lived owner of its subscription. */
export interface CheckoutIntent {
  readonly createdAt: string;
  readonly enterpriseName: string | null;
  readonly enterpriseSlug: string | null;
  readonly enterpriseUuid: string | null;
  /** Oldest first. */
  readonly history: readonly RecordChange[];
  readonly id: string;
  readonly quantity: number;
  readonly state: CheckoutIntentState;
  /** The customer that was given; else that of its earliest event, which stands once one of its links is paid. */
  readonly stripeCustomerId: string | null;
  readonly updatedAt: string;
  /** What a Stripe subscription's metadata names as checkout_intent_uuid. */
  readonly uuid: string;
}

/** One handler's run of one event. */
export interface Delivery {
  readonly finishedAt: string | null;
  /** Class.method, or endpoint:<name>. */
  readonly handler: string;
  readonly lastError: string | null;
  readonly nextTryAt: string | null;
  readonly state: DeliveryState;
  readonly tries: number;
  /** invoice:<id>, subscription:<id>, renewal:<id> or link:<invoice id>. */
  readonly waitingFor: string | null;
}

/** Something that happened, stored once: a webhook of Stripe's, or an event that this service raised. */
export interface EventSummary {
  /** The Connect account. */
  readonly account: string | null;
  readonly apiVersion: string | null;
  /** The intent that a ledger event is about, or that owns the subscription of one of Stripe's. */
  readonly checkoutIntent: { readonly id: string } | null;
  readonly handledAt: string | null;
  /** Stripe's id; <type>:<key> for an event of the ledger. */
  readonly id: string;
  /** No handler for its type, the other mode, a Connect account. */
  readonly ignoredBecause: string | null;
  readonly livemode: boolean | null;
  /** Stripe's time; the time of receipt where Stripe names none. */
  readonly occurredAt: string;
  readonly payloadErasedAt: string | null;
  readonly receivedAt: string;
  readonly source: EventSource;
  readonly state: EventState;
  readonly stripeCustomerId: string | null;
  readonly stripeInvoiceId: string | null;
  readonly stripeSubscriptionId: string | null;
  readonly type: string;
}

/** Something that happened, stored once: a webhook of Stripe's, or an event that this service raised. */
export interface Event {
  /** The Connect account. */
  readonly account: string | null;
  readonly apiVersion: string | null;
  /** The intent that a ledger event is about, or that owns the subscription of one of Stripe's. */
  readonly checkoutIntent: CheckoutIntentSummary | null;
  /** One for each handler. */
  readonly deliveries: readonly Delivery[];
  readonly handledAt: string | null;
  /** Stripe's id; <type>:<key> for an event of the ledger. */
  readonly id: string;
  /** No handler for its type, the other mode, a Connect account. */
  readonly ignoredBecause: string | null;
  readonly livemode: boolean | null;
  /** Stripe's time; the time of receipt where Stripe names none. */
  readonly occurredAt: string;
  readonly payloadErasedAt: string | null;
  readonly receivedAt: string;
  readonly source: EventSource;
  readonly state: EventState;
  readonly stripeCustomerId: string | null;
  readonly stripeInvoiceId: string | null;
  readonly stripeSubscriptionId: string | null;
  readonly type: string;
}

/** A time of which events may be missing. */
export interface EventGap {
  readonly from: string;
  readonly to: string;
}

export interface EventStateCount {
  readonly count: number;
  readonly state: EventState;
}

/** A sibling service that takes deliveries over HTTP, signed as Standard Webhooks. */
export interface HandlerEndpoint {
  readonly createdAt: string;
  /** While false, events get no delivery for it, and deliveries that it has wait. */
  readonly enabled: boolean;
  /** Types such as invoice.paid, prefixes such as customer.subscription.*, or *. */
  readonly eventTypes: readonly string[];
  readonly id: string;
  /** Its deliveries stand under endpoint:<name>. */
  readonly name: string;
  readonly url: string;
}

/** The latest known state of a Stripe invoice. */
export interface InvoiceSummary {
  /** In the currency's minor unit. */
  readonly amountPaid: number | null;
  /** Stripe's time of the event that this state was read from. */
  readonly asOf: string | null;
  /** As Stripe names it; subscription_cycle is a renewal's. */
  readonly billingReason: string | null;
  /** Stripe's time; the first receipt where Stripe names none. */
  readonly createdAt: string | null;
  readonly currency: string | null;
  readonly id: string;
  readonly paidAt: string | null;
  /** The end of the billing cycle that the invoice charges for, from its subscription lines. Not Stripe's invoice.period_end. */
  readonly periodEnd: string | null;
  /** The start of the billing cycle that the invoice charges for, from its subscription lines. Not Stripe's invoice.period_start. */
  readonly periodStart: string | null;
  /** The renewal that it pays for. */
  readonly renewal: { readonly id: string } | null;
  /** draft, open, uncollectible, void, deleted or paid. */
  readonly status: string | null;
  readonly stripeCustomerId: string | null;
  readonly stripeSubscriptionId: string | null;
  /** In the currency's minor unit. */
  readonly total: number | null;
}

/** The latest known state of a Stripe invoice. */
export interface Invoice {
  /** In the currency's minor unit. */
  readonly amountPaid: number | null;
  /** Stripe's time of the event that this state was read from. */
  readonly asOf: string | null;
  /** As Stripe names it; subscription_cycle is a renewal's. */
  readonly billingReason: string | null;
  /** Stripe's time; the first receipt where Stripe names none. */
  readonly createdAt: string | null;
  readonly currency: string | null;
  readonly id: string;
  readonly paidAt: string | null;
  /** The end of the billing cycle that the invoice charges for, from its subscription lines. Not Stripe's invoice.period_end. */
  readonly periodEnd: string | null;
  /** The start of the billing cycle that the invoice charges for, from its subscription lines. Not Stripe's invoice.period_start. */
  readonly periodStart: string | null;
  /** The renewal that it pays for. */
  readonly renewal: RenewalSummary | null;
  /** draft, open, uncollectible, void, deleted or paid. */
  readonly status: string | null;
  readonly stripeCustomerId: string | null;
  readonly stripeSubscriptionId: string | null;
  /** In the currency's minor unit. */
  readonly total: number | null;
}

/** What became of it. Linking answers by its outcome, never by an error. */
export interface LinkInvoicePayload {
  readonly explanation: MatchExplanation;
  readonly outcome: MatchOutcome;
  /** The renewal that the invoice is linked to, or in conflict about. */
  readonly renewal: Renewal | null;
}

/** A renewal that the invoice could pay for, and why it does or does not. */
export interface MatchCandidate {
  readonly accepted: boolean;
  /** Stable, for programs: ACCEPTED, OUT_OF_TOLERANCE, TIE and the like. */
  readonly code: string;
  /** Whole seconds between the renewal's effective date and the invoice's period start; at most 2^31 - 1. */
  readonly distanceSeconds: number | null;
  /** For people. */
  readonly reason: string;
  readonly renewal: Renewal;
}

/** Why an invoice is, or is not, linked to a renewal: every candidate with its verdict. */
export interface MatchExplanation {
  readonly candidates: readonly MatchCandidate[];
  /** Stable, for programs: ELIGIBLE, PRORATION_ONLY, PLAN_CHANGE and the like. */
  readonly code: string;
  readonly invoiceId: string;
  readonly outcome: MatchOutcome;
  readonly periodStart: string | null;
  /** For people. */
  readonly reason: string;
  readonly renewal: Renewal | null;
}

/** Counts for a dashboard, and what needs a person. */
export interface Overview {
  /** attention.needed events of the last 30 days. */
  readonly attention: number;
  /** Every event of the handled types up to this time is known to be stored, but for gaps that Stripe can fill no more; null until a sync has run. */
  readonly completeUntil: string | null;
  readonly deadDeliveries: number;
  /** Unfinished states only: finished ones are too many to count. */
  readonly eventsByState: readonly EventStateCount[];
  /** Times of which events may be missing: a sync broke off, or Stripe kept them no longer. */
  readonly gaps: readonly EventGap[];
  /** Zero where nothing is pending. */
  readonly oldestPendingSeconds: number;
  /** Past their effective date with no invoice. */
  readonly overdueRenewals: number;
  readonly renewalsByState: readonly RenewalStateCount[];
  readonly unmatchedInvoices: number;
}

/** One change of a record: who made it, why, and what it was before and after. */
export interface RecordChange {
  readonly at: string;
  /** The event, the API key's name, the backfill or the migration that made the change. */
  readonly by: string;
  /** Field name to [before, after]. */
  readonly changes: unknown;
  readonly reason: string | null;
}

export interface RegisterHandlerEndpointPayload {
  readonly endpoint: HandlerEndpoint;
  /** Shown this once. Hand it to receive(). */
  readonly secret: string;
}

/** One expected renewal of a subscription, and the invoice that pays for it. */
export interface RenewalSummary {
  readonly canceledByHand: boolean;
  readonly checkoutIntent: { readonly id: string };
  readonly createdAt: string;
  /** UTC. When the renewal takes effect: the end of the previous billing period; the date given, carried along when Stripe moves it. */
  readonly effectiveDate: string | null;
  /** The date as it was given, before any move. */
  readonly givenDate: string | null;
  readonly id: string;
  /** Null where nothing is linked, or its facts have not arrived. */
  readonly invoice: { readonly id: string } | null;
  /** By hand, or because its subscription ends at or before the effective date. */
  readonly isCanceled: boolean;
  readonly linkedBy: LinkedBy | null;
  readonly priorSubscriptionPlanUuid: string | null;
  readonly processedAt: string | null;
  readonly renewedSubscriptionPlanUuid: string | null;
  readonly state: RenewalState;
  /** The invoice that pays for it: at most one, and for no other renewal. */
  readonly stripeInvoiceId: string | null;
  /** The one that was given; else the checkout intent's earliest subscription that had not ended by the renewal's date. */
  readonly stripeSubscriptionId: string | null;
  readonly subscription: { readonly id: string } | null;
  /** When its subscription ends, or ended. */
  readonly subscriptionCancelAt: string | null;
  /** The id that the service which plans renewals gave it. Unique. */
  readonly subscriptionPlanRenewalId: string;
  readonly updatedAt: string;
}

/** One expected renewal of a subscription, and the invoice that pays for it. */
export interface Renewal {
  readonly canceledByHand: boolean;
  readonly checkoutIntent: CheckoutIntentSummary;
  readonly createdAt: string;
  /** UTC. When the renewal takes effect: the end of the previous billing period; the date given, carried along when Stripe moves it. */
  readonly effectiveDate: string | null;
  /** The date as it was given, before any move. */
  readonly givenDate: string | null;
  /** Oldest first. */
  readonly history: readonly RecordChange[];
  readonly id: string;
  /** Null where nothing is linked, or its facts have not arrived. */
  readonly invoice: InvoiceSummary | null;
  /** By hand, or because its subscription ends at or before the effective date. */
  readonly isCanceled: boolean;
  readonly linkedBy: LinkedBy | null;
  readonly priorSubscriptionPlanUuid: string | null;
  readonly processedAt: string | null;
  readonly renewedSubscriptionPlanUuid: string | null;
  readonly state: RenewalState;
  /** The invoice that pays for it: at most one, and for no other renewal. */
  readonly stripeInvoiceId: string | null;
  /** The one that was given; else the checkout intent's earliest subscription that had not ended by the renewal's date. */
  readonly stripeSubscriptionId: string | null;
  readonly subscription: StripeSubscriptionSummary | null;
  /** When its subscription ends, or ended. */
  readonly subscriptionCancelAt: string | null;
  /** The id that the service which plans renewals gave it. Unique. */
  readonly subscriptionPlanRenewalId: string;
  readonly updatedAt: string;
}

export interface RenewalStateCount {
  readonly count: number;
  readonly state: RenewalState;
}

export interface ReplayEventsPayload {
  readonly refused: readonly ReplayRefusal[];
  readonly replayed: number;
}

/** An event whose body is erased, or that is not there. */
export interface ReplayRefusal {
  readonly eventId: string;
  readonly reason: string;
}

/** The latest known state of a Stripe subscription. */
export interface StripeSubscriptionSummary {
  /** Stripe's time of the event that this state was read from. */
  readonly asOf: string | null;
  readonly cancelAt: string | null;
  readonly cancelAtPeriodEnd: boolean | null;
  /** The intent that owns it. */
  readonly checkoutIntent: { readonly id: string } | null;
  readonly currentPeriodEnd: string | null;
  readonly currentPeriodStart: string | null;
  readonly endedAt: string | null;
  readonly id: string;
  /** As Stripe names it. Null where only its id is known yet. */
  readonly status: string | null;
  readonly stripeCustomerId: string | null;
  readonly trialEnd: string | null;
}

/** The latest known state of a Stripe subscription. */
export interface StripeSubscription {
  /** Stripe's time of the event that this state was read from. */
  readonly asOf: string | null;
  readonly cancelAt: string | null;
  readonly cancelAtPeriodEnd: boolean | null;
  /** The intent that owns it. */
  readonly checkoutIntent: CheckoutIntentSummary | null;
  readonly currentPeriodEnd: string | null;
  readonly currentPeriodStart: string | null;
  readonly endedAt: string | null;
  readonly id: string;
  /** As Stripe names it. Null where only its id is known yet. */
  readonly status: string | null;
  readonly stripeCustomerId: string | null;
  readonly trialEnd: string | null;
}

/** A method for each operation of the ledger's GraphQL. */
export interface LedgerOperations {
  backfill(args: { readonly id: string }): Promise<Backfill | null>;
  /** Newest first. */
  backfills(args?: { readonly after?: string | null | undefined; readonly first?: number | undefined }): Paged<Backfill>;
  /** By exactly one key; null where there is none. */
  checkoutIntent(args?: { readonly id?: string | null | undefined; readonly uuid?: string | null | undefined }): Promise<CheckoutIntent | null>;
  /** Newest first. */
  checkoutIntents(args?: { readonly after?: string | null | undefined; readonly filter?: CheckoutIntentFilter | null | undefined; readonly first?: number | undefined }): Paged<CheckoutIntentSummary>;
  event(args: { readonly id: string }): Promise<Event | null>;
  /** Newest first, by receipt. */
  events(args?: { readonly after?: string | null | undefined; readonly filter?: EventFilter | null | undefined; readonly first?: number | undefined }): Paged<EventSummary>;
  /** Why this invoice is, or is not, linked to a renewal: every candidate with its verdict. Null for an unknown invoice. */
  explainMatch(args: { readonly invoiceId: string }): Promise<MatchExplanation | null>;
  /** By name. Needs the scope admin. */
  handlerEndpoints(): Promise<readonly HandlerEndpoint[]>;
  invoice(args: { readonly id: string }): Promise<Invoice | null>;
  /** Newest first, by Stripe's time of creation. */
  invoices(args?: { readonly after?: string | null | undefined; readonly filter?: InvoiceFilter | null | undefined; readonly first?: number | undefined }): Paged<InvoiceSummary>;
  /** Counts for a dashboard, and what needs a person. */
  overview(): Promise<Overview | null>;
  /** By exactly one key; null where there is none. */
  renewal(args?: { readonly id?: string | null | undefined; readonly stripeInvoiceId?: string | null | undefined; readonly subscriptionPlanRenewalId?: string | null | undefined }): Promise<Renewal | null>;
  /** Newest first. */
  renewals(args?: { readonly after?: string | null | undefined; readonly filter?: RenewalFilter | null | undefined; readonly first?: number | undefined }): Paged<RenewalSummary>;
  subscription(args: { readonly id: string }): Promise<StripeSubscription | null>;
  /** Newest first, by when they became known here. */
  subscriptions(args?: { readonly after?: string | null | undefined; readonly filter?: SubscriptionFilter | null | undefined; readonly first?: number | undefined }): Paged<StripeSubscriptionSummary>;
  /** Subscription-cycle invoices that no renewal has been linked to, newest first. explainMatch says why. */
  unmatchedInvoices(args?: { readonly after?: string | null | undefined; readonly first?: number | undefined }): Paged<InvoiceSummary>;
  /** Needs the scope admin. What its batches have done stands; one that has ended stays as it is. */
  cancelBackfill(args: { readonly id: string }): Promise<Backfill>;
  /** Idempotent by uuid: a repeat answers the present row. Finds the facts that named it before it existed. */
  createCheckoutIntent(input: CreateCheckoutIntentInput): Promise<CheckoutIntent>;
  /** Idempotent by subscriptionPlanRenewalId: a repeat answers the present row. Settles, and with that wakes what waited. */
  createRenewal(input: CreateRenewalInput): Promise<Renewal>;
  /** Links by the matching rules, or to the renewal named. Never overwrites a link. */
  linkInvoice(input: LinkInvoiceInput): Promise<LinkInvoicePayload>;
  /** For a service that processes renewals itself. Refused unless its invoice is paid. */
  markRenewalProcessed(args: { readonly renewalId: string }): Promise<Renewal>;
  /** Needs the scope admin. The secret is shown this once. */
  registerHandlerEndpoint(input: RegisterHandlerEndpointInput): Promise<RegisterHandlerEndpointPayload>;
  /** Needs the scope admin. Unfinished deliveries are skipped after an hour. */
  removeHandlerEndpoint(args: { readonly id: string }): Promise<string>;
  /** Runs stored events through their handlers again. Handlers that finished are left alone unless force is true (scope admin). */
  replayEvents(input: ReplayEventsInput): Promise<ReplayEventsPayload>;
  /** Needs the scope admin. The old secret goes on signing too for 24 hours. */
  rotateHandlerEndpointSecret(args: { readonly id: string }): Promise<RegisterHandlerEndpointPayload>;
  /** Needs the scope admin. While one of the same kind, scope and dryRun runs, that one is returned. A worker runs it. */
  startBackfill(input: BackfillInput): Promise<Backfill>;
  /** Needs the scope admin. Takes back the links and dates that a run filled in and that nothing has built on since. */
  undoBackfill(args: { readonly id: string }): Promise<Backfill>;
  /** Takes a wrong link back for good: the rules never make it again. Refused once processing has begun. */
  unlinkInvoice(input: UnlinkInvoiceInput): Promise<Renewal>;
  /** Refuses a transition that the state machine does not have. */
  updateCheckoutIntent(input: UpdateCheckoutIntentInput): Promise<CheckoutIntent>;
  /** Needs the scope admin. */
  updateHandlerEndpoint(input: UpdateHandlerEndpointInput): Promise<HandlerEndpoint>;
  updateRenewal(input: UpdateRenewalInput): Promise<Renewal>;
}
