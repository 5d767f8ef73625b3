import { type EventOf, type HandlerContext, On, readInvoice } from '@renewal-ledger/sdk';
import type Stripe from 'stripe';
import type { Clock } from '../clock.js';
import { transactionOf } from '../database/transaction.js';
import type { Announcer } from '../ledger/announcer.js';
import { recordFetchedLines } from '../ledger/fetched-lines.js';

export interface TruncatedInvoiceOptions {
  readonly stripe: Stripe;
  readonly announcer: Announcer;
  readonly clock: Clock;
}

/** Fetches the lines that an invoice's payload left out, outside of any transaction, and has the invoice settled by all of them. */
export class TruncatedInvoiceHandlers {
  readonly #options: TruncatedInvoiceOptions;

  constructor(options: TruncatedInvoiceOptions) {
    this.#options = options;
  }

  @On('invoice.truncated', { timeoutSeconds: 120, concurrency: 2 })
  async fetchLines(event: EventOf<'invoice.truncated'>, ctx: HandlerContext): Promise<void> {
    const { stripeInvoiceId: invoiceId, stripeSubscriptionId } = event.data.object;
    if (invoiceId === null) return;
    const { stripe, announcer, clock } = this.#options;
    const data: Stripe.InvoiceLineItem[] = [];
    for await (const line of stripe.invoices.listLineItems(invoiceId, { limit: 100 })) {
      ctx.signal.throwIfAborted();
      data.push(line);
    }
    const { lines } = readInvoice({ id: invoiceId, subscription: stripeSubscriptionId, lines: { data } });
    ctx.write((em) => recordFetchedLines(transactionOf(em), { invoiceId, lines }, { announcer, clock, by: event.id }));
  }
}
