import type { RegisteredHandler } from '@renewal-ledger/sdk';

/** The handlers that this process knows; the SDK's `HandlerMap` is one. */
export interface HandlerSource {
  handlers(): readonly RegisteredHandler[];
  handlersFor(type: string): readonly RegisteredHandler[];
}
