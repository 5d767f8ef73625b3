import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../clock.js';
import type { Announcer } from './announcer.js';
import {
  createCheckoutIntent,
  type CreateCheckoutIntent,
  updateCheckoutIntent,
  type UpdateCheckoutIntent,
} from './commands/checkout-intents.js';
import type { CommandContext } from './commands/context.js';
import { explainMatch, linkInvoice, type LinkInvoice, type LinkResult, unlinkInvoice } from './commands/links.js';
import {
  createRenewal,
  type CreateRenewal,
  markRenewalProcessed,
  updateRenewal,
  type UpdateRenewal,
} from './commands/renewals.js';
import type { Explanation } from './explain.js';

/**
 * What people and services may do to the ledger. Each call is one transaction that settles what it touches; `by` (an API key's name)
 * goes into history. Calls answer ids. Throws BadInputError, NotFoundError and LinkConflictError.
 */
export interface Ledger {
  /** Idempotent by uuid. */
  createCheckoutIntent(input: CreateCheckoutIntent, by: string): Promise<string>;
  updateCheckoutIntent(input: UpdateCheckoutIntent, by: string): Promise<string>;
  /** Idempotent by subscriptionPlanRenewalId. */
  createRenewal(input: CreateRenewal, by: string): Promise<string>;
  updateRenewal(input: UpdateRenewal, by: string): Promise<string>;
  /** Answers by outcome; throws only for what is not there. */
  linkInvoice(input: LinkInvoice, by: string): Promise<LinkResult>;
  unlinkInvoice(input: { readonly renewalId: string; readonly reason: string }, by: string): Promise<string>;
  markRenewalProcessed(renewalId: string, by: string): Promise<string>;
  /** Null where no such invoice is known. */
  explainMatch(invoiceId: string): Promise<Explanation | null>;
}

export interface LedgerOptions {
  /** Forked for every call. */
  readonly em: EntityManager;
  readonly announcer: Announcer;
  readonly clock: Clock;
}

export function createLedger(options: LedgerOptions): Ledger {
  const as = (by: string): CommandContext => ({ ...options, by });
  return {
    createCheckoutIntent: (input, by) => createCheckoutIntent(as(by), input),
    updateCheckoutIntent: (input, by) => updateCheckoutIntent(as(by), input),
    createRenewal: (input, by) => createRenewal(as(by), input),
    updateRenewal: (input, by) => updateRenewal(as(by), input),
    linkInvoice: (input, by) => linkInvoice(as(by), input),
    unlinkInvoice: (input, by) => unlinkInvoice(as(by), input),
    markRenewalProcessed: (renewalId, by) => markRenewalProcessed(as(by), renewalId),
    explainMatch: (invoiceId) => explainMatch(options.em, invoiceId),
  };
}
