import { HandlerMap } from '@renewal-ledger/sdk';
import { InvoiceHandlers } from './invoice.handlers.js';
import { SubscriptionHandlers } from './subscription.handlers.js';

/** The built-in handlers that only read: what they record is folded, settled and written in batches. */
export function createFactHandlers(): HandlerMap {
  return new HandlerMap().register(new InvoiceHandlers()).register(new SubscriptionHandlers());
}
