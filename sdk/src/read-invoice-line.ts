import { type JsonObject, readBoolean, readId, readInteger, readObject, readSeconds, readText } from './read-value.js';

/** One line of an invoice, in neither of Stripe's layouts. Times are epoch seconds. */
export interface InvoiceLine {
  readonly id: string | null;
  /** Null where the line names none; it is its invoice's then. */
  readonly subscription: string | null;
  readonly price: string | null;
  /** `other` is an invoice item: one-off, or a proration. */
  readonly kind: 'subscription' | 'other';
  /** Can be true of either kind. */
  readonly proration: boolean;
  readonly periodStart: number | null;
  readonly periodEnd: number | null;
  readonly amount: number | null;
}

/** Reads a line of either layout. Where a line has both, what the new one says wins. */
export function readInvoiceLine(line: JsonObject): InvoiceLine {
  const kind = readKind(line);
  const details = readDetails(line, kind);
  const period = readObject(line['period']);
  return {
    id: readText(line['id']),
    subscription: readId(details['subscription']) ?? readId(line['subscription']),
    price: readPrice(line),
    kind,
    proration: readBoolean(details['proration']) ?? line['proration'] === true,
    periodStart: readSeconds(period['start']),
    periodEnd: readSeconds(period['end']),
    amount: readInteger(line['amount']),
  };
}

function readKind(line: JsonObject): InvoiceLine['kind'] {
  const parent = readObject(line['parent']);
  const named = readText(parent['type']);
  if (named !== null) return named === 'subscription_item_details' ? 'subscription' : 'other';
  if (readText(line['type']) !== null) return line['type'] === 'subscription' ? 'subscription' : 'other';
  return hasDetails(parent, 'subscription_item_details') && !hasDetails(parent, 'invoice_item_details')
    ? 'subscription'
    : 'other';
}

/** Only the details that belong to the line's kind: some payloads fill both. */
function readDetails(line: JsonObject, kind: InvoiceLine['kind']): JsonObject {
  const parent = readObject(line['parent']);
  return readObject(parent[kind === 'subscription' ? 'subscription_item_details' : 'invoice_item_details']);
}

function hasDetails(parent: JsonObject, name: string): boolean {
  return Object.keys(readObject(parent[name])).length > 0;
}

/** `plan` is what invoices before 2020 have; a plan's id is its price's. */
function readPrice(line: JsonObject): string | null {
  const details = readObject(readObject(line['pricing'])['price_details']);
  return readId(details['price']) ?? readId(line['price']) ?? readId(line['plan']);
}
