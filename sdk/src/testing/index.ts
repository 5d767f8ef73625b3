export { aStripeEvent, type BuiltEvent, type StripeEventSpec, type UntypedEvent } from './event-builder.js';
export { anInvoice, type InvoiceSpec } from './invoice-builder.js';
export type { LineSpec } from './invoice-lines.js';
export { signed, type SignedWebhook } from './signed.js';
export type { Layout, StripeObject } from './stripe-object.js';
export { aSubscription, type SubscriptionItemSpec, type SubscriptionSpec } from './subscription-builder.js';
export { addMonths, TestClock, type Time } from './time.js';
