import { type EventOf, type HandlerContext, On, readInvoice } from '@renewal-ledger/sdk';
import type { Fact } from '../ledger/fact.js';
import { isKind, objectOf, recordFact } from './fact-context.js';

/** Reads the invoice that an event carries; `invoice.upcoming` is a preview without an id, and leaves no fact. */
export class InvoiceHandlers {
  @On('invoice.*')
  async record(event: EventOf<'invoice.*'>, ctx: HandlerContext): Promise<void> {
    const object = objectOf(event);
    const invoice = readInvoice(object);
    if (invoice.id !== null && isKind(object, 'invoice')) recordFact(ctx, { kind: 'invoice', invoice } satisfies Fact);
  }
}
