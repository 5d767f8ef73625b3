import type { EntityManager } from '@mikro-orm/postgresql';
import { HandlerMap } from '@renewal-ledger/sdk';
import type Stripe from 'stripe';
import type { Clock } from '../clock.js';
import type { Announcer } from '../ledger/announcer.js';
import { createProcessing } from '../ledger/processing.js';
import { InvoiceHandlers } from './invoice.handlers.js';
import { createLicenseManager } from './license-manager-client.js';
import { CALL_SECONDS, LicenseManagerHandlers } from './license-manager.handlers.js';
import { SubscriptionHandlers } from './subscription.handlers.js';
import { TruncatedInvoiceHandlers } from './truncated-invoice.handlers.js';

export interface BuiltInOptions {
  readonly em: EntityManager;
  readonly announcer: Announcer;
  readonly clock: Clock;
  /** Undefined: a service of the user's own handles `renewal.paid`. */
  readonly licenseManager: { readonly url: string; readonly token: string | undefined } | undefined;
  /** Undefined: no key is configured, and nothing is fetched from Stripe. */
  readonly stripe: Stripe | undefined;
}

/** Those that only read: what they record is folded, settled and written in batches. */
export function createFactHandlers(): HandlerMap {
  return new HandlerMap().register(new InvoiceHandlers()).register(new SubscriptionHandlers());
}

/** Those that call others, where they are configured; each of their deliveries runs alone. */
export function createCallingHandlers({ em, announcer, clock, licenseManager, stripe }: BuiltInOptions): HandlerMap {
  const map = new HandlerMap();
  if (licenseManager !== undefined) {
    const client = createLicenseManager({ ...licenseManager, timeoutSeconds: CALL_SECONDS });
    map.register(new LicenseManagerHandlers(createProcessing({ em, announcer, clock }), client));
  }
  if (stripe !== undefined) map.register(new TruncatedInvoiceHandlers({ stripe, announcer, clock }));
  return map;
}
