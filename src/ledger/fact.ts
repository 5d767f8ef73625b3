import type { InvoiceFact } from '@renewal-ledger/sdk';

/** What a fact handler read from one event: the agreement between `handlers/` and the recorder. */
export type Fact = { readonly kind: 'invoice'; readonly invoice: InvoiceFact };
