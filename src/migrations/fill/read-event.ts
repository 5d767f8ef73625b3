import { type InvoiceFact, readInvoice, readSubscription } from '@renewal-ledger/sdk';
import type { Named } from './rows.js';

/** An event as it is stored. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly received_at: string;
  readonly body: Uint8Array;
}

export interface FactEvent {
  readonly id: string;
  readonly type: string;
  /** Stripe's time; null, and the oldest, where it names none. */
  readonly created: Date | null;
  readonly receivedAt: Date;
}

/** What an event tells: of an invoice, or of a subscription, whose object stays raw because its order within a second needs every field. */
export type Told =
  | { readonly event: FactEvent; readonly invoice: InvoiceFact & { readonly id: string } }
  | {
      readonly event: FactEvent;
      readonly subscription: string;
      readonly customer: string | null;
      readonly object: unknown;
      readonly previous: unknown;
    };

export type ToldSubscription = Extract<Told, { subscription: string }>;

type Json = Readonly<Record<string, unknown>>;

const END_OF_YEAR_9999 = 253_402_300_799;

/** Null of a body that is no event, or tells of no object with an id. */
export function readStored({ id, type, received_at: receivedAt, body }: StoredEvent): Told | null {
  const { created, data } = parse(body);
  const isTime = typeof created === 'number' && created >= 0 && created <= END_OF_YEAR_9999;
  const event = { id, type, created: isTime ? new Date(created * 1000) : null, receivedAt: new Date(receivedAt) };
  const { object, previous_attributes: previous = null } = toObject(data);
  if (type.startsWith('invoice.')) {
    const invoice = readInvoice(object);
    return invoice.id === null ? null : { event, invoice: { ...invoice, id: invoice.id } };
  }
  const { id: subscription, customer } = readSubscription(object);
  return subscription === null ? null : { event, subscription, customer, object, previous };
}

function parse(body: Uint8Array): Json {
  try {
    return toObject(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return {};
  }
}

const toObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const DECIMAL = /^[1-9][0-9]{0,18}$/;
const LARGEST_ID = 9_223_372_036_854_775_807n;

/** The checkout intent that a subscription's metadata names; a value that can be none names nobody. */
export function readName(metadata: Readonly<Record<string, string>>): Named {
  const uuid = metadata['checkout_intent_uuid']?.trim() ?? '';
  const id = metadata['checkout_intent_id']?.trim() ?? '';
  const isId = DECIMAL.test(id) && BigInt(id) <= LARGEST_ID;
  return { named_intent_uuid: UUID.test(uuid) ? uuid.toLowerCase() : null, named_intent_id: isId ? id : null };
}
