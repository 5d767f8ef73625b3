// Generated from schema.graphql by the test of the generated client (vitest -u). Do not edit.
import type { Operation } from './operation.js';

export const OPERATIONS = {
  backfill: {
    document: 'query($id:ID!){backfill(id:$id){ambiguous dated dryRun examined failed finishedAt id kind lastError linked skipped startedAt startedBy state stored total undoneAt}}',
    repeatable: true,
  },
  backfills: {
    document: 'query($after:String $first:Int!=20){backfills(after:$after first:$first){nodes{ambiguous dated dryRun examined failed finishedAt id kind lastError linked skipped startedAt startedBy state stored total undoneAt} pageInfo{hasNextPage endCursor}}}',
    paged: true,
    repeatable: true,
  },
  checkoutIntent: {
    document: 'query($id:ID $uuid:ID){checkoutIntent(id:$id uuid:$uuid){createdAt enterpriseName enterpriseSlug enterpriseUuid history{at by changes reason} id quantity state stripeCustomerId updatedAt uuid}}',
    repeatable: true,
  },
  checkoutIntents: {
    document: 'query($after:String $filter:CheckoutIntentFilter $first:Int!=50){checkoutIntents(after:$after filter:$filter first:$first){nodes{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} pageInfo{hasNextPage endCursor}}}',
    paged: true,
    repeatable: true,
  },
  event: {
    document: 'query($id:ID!){event(id:$id){account apiVersion checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} deliveries{finishedAt handler lastError nextTryAt state tries waitingFor} handledAt id ignoredBecause livemode occurredAt payloadErasedAt receivedAt source state stripeCustomerId stripeInvoiceId stripeSubscriptionId type}}',
    repeatable: true,
  },
  events: {
    document: 'query($after:String $filter:EventFilter $first:Int!=50){events(after:$after filter:$filter first:$first){nodes{account apiVersion checkoutIntent{id} handledAt id ignoredBecause livemode occurredAt payloadErasedAt receivedAt source state stripeCustomerId stripeInvoiceId stripeSubscriptionId type} pageInfo{hasNextPage endCursor}}}',
    paged: true,
    repeatable: true,
  },
  explainMatch: {
    document: 'query($invoiceId:ID!){explainMatch(invoiceId:$invoiceId){candidates{accepted code distanceSeconds reason renewal{canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}} code invoiceId outcome periodStart reason renewal{canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}}}',
    repeatable: true,
  },
  handlerEndpoints: {
    document: 'query{handlerEndpoints{createdAt enabled eventTypes id name url}}',
    repeatable: true,
  },
  invoice: {
    document: 'query($id:ID!){invoice(id:$id){amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{canceledByHand checkoutIntent{id} createdAt effectiveDate givenDate id invoice{id} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{id} subscriptionCancelAt subscriptionPlanRenewalId updatedAt} status stripeCustomerId stripeSubscriptionId total}}',
    repeatable: true,
  },
  invoices: {
    document: 'query($after:String $filter:InvoiceFilter $first:Int!=50){invoices(after:$after filter:$filter first:$first){nodes{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} pageInfo{hasNextPage endCursor}}}',
    paged: true,
    repeatable: true,
  },
  overview: {
    document: 'query{overview{attention completeUntil deadDeliveries eventsByState{count state} gaps{from to} oldestPendingSeconds overdueRenewals renewalsByState{count state} unmatchedInvoices}}',
    repeatable: true,
  },
  renewal: {
    document: 'query($id:ID $stripeInvoiceId:String $subscriptionPlanRenewalId:String){renewal(id:$id stripeInvoiceId:$stripeInvoiceId subscriptionPlanRenewalId:$subscriptionPlanRenewalId){canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}}',
    repeatable: true,
  },
  renewals: {
    document: 'query($after:String $filter:RenewalFilter $first:Int!=50){renewals(after:$after filter:$filter first:$first){nodes{canceledByHand checkoutIntent{id} createdAt effectiveDate givenDate id invoice{id} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{id} subscriptionCancelAt subscriptionPlanRenewalId updatedAt} pageInfo{hasNextPage endCursor}}}',
    paged: true,
    repeatable: true,
  },
  subscription: {
    document: 'query($id:ID!){subscription(id:$id){asOf cancelAt cancelAtPeriodEnd checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd}}',
    repeatable: true,
  },
  subscriptions: {
    document: 'query($after:String $filter:SubscriptionFilter $first:Int!=50){subscriptions(after:$after filter:$filter first:$first){nodes{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} pageInfo{hasNextPage endCursor}}}',
    paged: true,
    repeatable: true,
  },
  unmatchedInvoices: {
    document: 'query($after:String $first:Int!=50){unmatchedInvoices(after:$after first:$first){nodes{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} pageInfo{hasNextPage endCursor}}}',
    paged: true,
    repeatable: true,
  },
  cancelBackfill: {
    document: 'mutation($id:ID!){cancelBackfill(id:$id){ambiguous dated dryRun examined failed finishedAt id kind lastError linked skipped startedAt startedBy state stored total undoneAt}}',
  },
  createCheckoutIntent: {
    document: 'mutation($input:CreateCheckoutIntentInput!){createCheckoutIntent(input:$input){createdAt enterpriseName enterpriseSlug enterpriseUuid history{at by changes reason} id quantity state stripeCustomerId updatedAt uuid}}',
    input: true,
    repeatableWith: 'uuid',
  },
  createRenewal: {
    document: 'mutation($input:CreateRenewalInput!){createRenewal(input:$input){canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}}',
    input: true,
    repeatable: true,
  },
  linkInvoice: {
    document: 'mutation($input:LinkInvoiceInput!){linkInvoice(input:$input){explanation{candidates{accepted code distanceSeconds reason renewal{canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}} code invoiceId outcome periodStart reason renewal{canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}} outcome renewal{canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}}}',
    input: true,
    repeatable: true,
  },
  markRenewalProcessed: {
    document: 'mutation($renewalId:ID!){markRenewalProcessed(renewalId:$renewalId){canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}}',
    repeatable: true,
  },
  registerHandlerEndpoint: {
    document: 'mutation($input:RegisterHandlerEndpointInput!){registerHandlerEndpoint(input:$input){endpoint{createdAt enabled eventTypes id name url} secret}}',
    input: true,
  },
  removeHandlerEndpoint: {
    document: 'mutation($id:ID!){removeHandlerEndpoint(id:$id)}',
  },
  replayEvents: {
    document: 'mutation($input:ReplayEventsInput!){replayEvents(input:$input){refused{eventId reason} replayed}}',
    input: true,
  },
  rotateHandlerEndpointSecret: {
    document: 'mutation($id:ID!){rotateHandlerEndpointSecret(id:$id){endpoint{createdAt enabled eventTypes id name url} secret}}',
  },
  startBackfill: {
    document: 'mutation($input:BackfillInput!){startBackfill(input:$input){ambiguous dated dryRun examined failed finishedAt id kind lastError linked skipped startedAt startedBy state stored total undoneAt}}',
    input: true,
  },
  undoBackfill: {
    document: 'mutation($id:ID!){undoBackfill(id:$id){ambiguous dated dryRun examined failed finishedAt id kind lastError linked skipped startedAt startedBy state stored total undoneAt}}',
  },
  unlinkInvoice: {
    document: 'mutation($input:UnlinkInvoiceInput!){unlinkInvoice(input:$input){canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}}',
    input: true,
  },
  updateCheckoutIntent: {
    document: 'mutation($input:UpdateCheckoutIntentInput!){updateCheckoutIntent(input:$input){createdAt enterpriseName enterpriseSlug enterpriseUuid history{at by changes reason} id quantity state stripeCustomerId updatedAt uuid}}',
    input: true,
  },
  updateHandlerEndpoint: {
    document: 'mutation($input:UpdateHandlerEndpointInput!){updateHandlerEndpoint(input:$input){createdAt enabled eventTypes id name url}}',
    input: true,
  },
  updateRenewal: {
    document: 'mutation($input:UpdateRenewalInput!){updateRenewal(input:$input){canceledByHand checkoutIntent{createdAt enterpriseName enterpriseSlug enterpriseUuid id quantity state stripeCustomerId updatedAt uuid} createdAt effectiveDate givenDate history{at by changes reason} id invoice{amountPaid asOf billingReason createdAt currency id paidAt periodEnd periodStart renewal{id} status stripeCustomerId stripeSubscriptionId total} isCanceled linkedBy priorSubscriptionPlanUuid processedAt renewedSubscriptionPlanUuid state stripeInvoiceId stripeSubscriptionId subscription{asOf cancelAt cancelAtPeriodEnd checkoutIntent{id} currentPeriodEnd currentPeriodStart endedAt id status stripeCustomerId trialEnd} subscriptionCancelAt subscriptionPlanRenewalId updatedAt}}',
    input: true,
    repeatable: true,
  },
} satisfies Record<string, Operation>;
