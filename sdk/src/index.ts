// `export *`, not names: only then do declarations that users merge into this module reach the interfaces.
export * from './errors.js';
export * from './event-types.js';
export * from './handler-context.js';
export * from './ledger-events.js';
export type { Handler, HandlerOptions, HandlerResult } from './handler.js';
export { HandlerMap, type RegisteredHandler } from './handler-map.js';
export {
  BadUserInputError,
  ForbiddenError,
  InternalServerError,
  LedgerError,
  type LedgerErrorFacts,
  LinkConflictError,
  NotFoundError,
  UnauthenticatedError,
  UnavailableError,
} from './client/client-errors.js';
export { createLedgerClient, type LedgerClient } from './client/ledger-client.js';
export { type Page, Paged } from './client/paged.js';
export type * as Ledger from './client/schema.generated.js';
export type { ClientOptions } from './client/transport.js';
export { On, type OnDecorator } from './on.js';
export * from './outcomes.js';
export { readInvoice, type InvoiceFact, type InvoiceLine } from './read-invoice.js';
export { readSubscription, type SubscriptionFact } from './read-subscription.js';
export { type EmittedEvent, toEmittedEvent } from './delivery/emitted-event.js';
export { receive, type Receiver, type ReceiveOptions } from './delivery/receive.js';
export { receiveNode, type NodeRequest, type NodeResponse } from './delivery/receive-node.js';
