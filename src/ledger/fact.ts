import type { InvoiceFact } from '@renewal-ledger/sdk';

/** What a fact handler read from one event: the agreement between `handlers/` and the recorder. */
export type Fact =
  | { readonly kind: 'invoice'; readonly invoice: InvoiceFact }
  /** Raw: the order within a second is found by undoing `previous_attributes` on the whole object. */
  | { readonly kind: 'subscription'; readonly object: unknown; readonly previous: unknown };

/** Of the ledger's own events, the type that facts are read from: what Stripe said of an invoice when it was asked. */
export const OBSERVED = 'invoice.observed';
