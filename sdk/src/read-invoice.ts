import { type InvoiceLine, readInvoiceLine } from './read-invoice-line.js';
import {
  isObject,
  type JsonObject,
  readId,
  readInteger,
  readList,
  readMetadata,
  readObject,
  readSeconds,
  readText,
} from './read-value.js';

export type { InvoiceLine } from './read-invoice-line.js';

/** An invoice in neither of Stripe's layouts. Ids stand for what may be expanded; times are epoch seconds, amounts minor units. */
export interface InvoiceFact {
  /** Null on `invoice.upcoming`, which is a preview. */
  readonly id: string | null;
  readonly status: string | null;
  readonly subscription: string | null;
  readonly customer: string | null;
  readonly billingReason: string | null;
  readonly currency: string | null;
  readonly total: number | null;
  readonly amountPaid: number | null;
  readonly created: number | null;
  /** The period in which items were collected, as Stripe has it: not the service period, which the lines have. */
  readonly periodStart: number | null;
  readonly periodEnd: number | null;
  readonly paidAt: number | null;
  /** The subscription's metadata as this invoice carries it. */
  readonly subscriptionMetadata: Record<string, string>;
  readonly lines: InvoiceLine[];
  /** The payload holds only the first lines; the rest has to be fetched. */
  readonly linesTruncated: boolean;
}

/**
 * Reads a Stripe invoice of any API version: the layout before 2025-03-31 (`subscription`, `type`, `price`, `proration`), the one
 * since (`parent`, `pricing`), or both at once, where the new one wins wherever it says something. It never throws: what is missing
 * or is not what Stripe documents reads as null.
 *
 * @see https://docs.stripe.com/changelog/basil/2025-03-31/adds-new-parent-field-to-invoicing-objects
 */
export function readInvoice(stripeInvoice: unknown): InvoiceFact {
  const invoice = readObject(stripeInvoice);
  const lines = readList(invoice['lines']);
  const subscription = readSubscriptionId(invoice);
  return {
    id: readText(invoice['id']),
    status: readText(invoice['status']),
    subscription,
    customer: readId(invoice['customer']),
    billingReason: readText(invoice['billing_reason']),
    currency: readText(invoice['currency']),
    total: readInteger(invoice['total']),
    amountPaid: readInteger(invoice['amount_paid']),
    created: readSeconds(invoice['created']),
    periodStart: readSeconds(invoice['period_start']),
    periodEnd: readSeconds(invoice['period_end']),
    paidAt: readSeconds(readObject(invoice['status_transitions'])['paid_at']),
    subscriptionMetadata: readSubscriptionMetadata(invoice, subscription),
    lines: lines.map(readInvoiceLine),
    linesTruncated: readObject(invoice['lines'])['has_more'] === true,
  };
}

function newDetails(invoice: JsonObject): JsonObject {
  return readObject(readObject(invoice['parent'])['subscription_details']);
}

function readSubscriptionId(invoice: JsonObject): string | null {
  return readId(newDetails(invoice)['subscription']) ?? readId(invoice['subscription']);
}

/**
 * The snapshot that the invoice carries, else the expanded subscription's, else that of the subscription's first line that has any
 * (Stripe copies a subscription's metadata to its lines). An empty one counts as none.
 */
function readSubscriptionMetadata(invoice: JsonObject, subscription: string | null): Record<string, string> {
  const details = [newDetails(invoice), readObject(invoice['subscription_details'])];
  const expanded = [newDetails(invoice)['subscription'], invoice['subscription']].filter(isObject);
  const lines = readList(invoice['lines']).filter((line) => belongs(line, subscription));
  for (const holder of [...details, ...expanded, ...lines]) {
    const metadata = readMetadata(holder['metadata']);
    if (Object.keys(metadata).length > 0) return metadata;
  }
  return {};
}

function belongs(line: JsonObject, subscription: string | null): boolean {
  const read = readInvoiceLine(line);
  return read.kind === 'subscription' && (read.subscription === null || read.subscription === subscription);
}
