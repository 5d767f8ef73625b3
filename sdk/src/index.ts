// `export *`, not names: only then do declarations that users merge into this module reach the interfaces.
export * from './errors.js';
export * from './event-types.js';
export * from './handler-context.js';
export * from './ledger-events.js';
export type { Handler, HandlerOptions, HandlerResult } from './handler.js';
export { HandlerMap, type RegisteredHandler } from './handler-map.js';
export { On, type OnDecorator } from './on.js';
export * from './outcomes.js';
export { readInvoice, type InvoiceFact, type InvoiceLine } from './read-invoice.js';
export { readSubscription, type SubscriptionFact } from './read-subscription.js';
export { receive, type Receiver, type ReceiveOptions } from './delivery/receive.js';
export { receiveNode, type NodeRequest, type NodeResponse } from './delivery/receive-node.js';
