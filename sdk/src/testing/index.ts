export { aStripeEvent, type BuiltEvent, type StripeEventSpec, type UntypedEvent } from './event-builder.js';
export { anInvoice, type InvoiceSpec } from './invoice-builder.js';
export type { LineSpec } from './invoice-lines.js';
export { signed, type SignedWebhook } from './signed.js';
export type { Layout, StripeObject } from './stripe-object.js';
export { aSubscription, type SubscriptionItemSpec, type SubscriptionSpec } from './subscription-builder.js';
export { addMonths, TestClock, type Time } from './time.js';
export {
  assertConverges,
  type ConvergenceOptions,
  type ConvergenceSubject,
  type ConvergenceTarget,
} from './converge/assert-converges.js';
export { type Life, type LifeEvent, lifeOf, type LifeRenewal, type LifeSpec } from './life/life.js';
export {
  type EmittedEvent,
  type HandlerOutcome,
  type LogEntry,
  type RecordedRun,
  runHandlers,
  type RunHandlersOptions,
} from './run-handlers.js';
