import { isUtf8 } from 'node:buffer';

type JsonObject = Readonly<Record<string, unknown>>;

/** A Stripe event as posted: nothing but its `id` and `type` is known to be well-formed. */
export type PostedEvent = JsonObject & Readonly<{ id: string; type: string }>;

/** What the columns of `event` hold of a Stripe event. Whatever cannot be extracted is null, so that it never fails its row. */
export interface EventColumns {
  readonly id: string;
  readonly type: string;
  readonly apiVersion: string | null;
  readonly livemode: boolean | null;
  readonly account: string | null;
  /** Null where Stripe names no time, or one that no calendar has. */
  readonly occurredAt: Date | null;
  readonly stripeCustomerId: string | null;
  readonly stripeSubscriptionId: string | null;
  readonly stripeInvoiceId: string | null;
}

const LONGEST_TEXT = 255;
const END_OF_YEAR_9999 = 253_402_300_799;

/**
 * Reads posted bytes as an event: a JSON object with an `id` and a `type` of 1 to 255 characters. Undefined for anything
 * else: invalid UTF-8, a byte order mark, NUL or half a surrogate pair in either, which PostgreSQL could not tell apart.
 */
export function readPostedEvent(body: Buffer): PostedEvent | undefined {
  if (!isUtf8(body)) return undefined;
  const event = objectOf(parse(body.toString('utf8')));
  return event !== undefined && textOf(event['id']) !== null && textOf(event['type']) !== null
    ? (event as PostedEvent)
    : undefined;
}

/** Ids are found on every kind of object, in either layout of an invoice, expanded or not. */
export function extractColumns(event: PostedEvent): EventColumns {
  const object = subjectOf(event);
  const kind = kindOf(event, object);
  const id = textOf(object['id']);
  return {
    id: event.id,
    type: event.type,
    apiVersion: textOf(event['api_version']),
    livemode: typeof event['livemode'] === 'boolean' ? event['livemode'] : null,
    account: textOf(event['account']),
    occurredAt: timeOf(event['created']),
    stripeCustomerId: kind === 'customer' ? id : idOf(object['customer']),
    stripeSubscriptionId: kind === 'subscription' ? id : subscriptionOf(object),
    stripeInvoiceId: kind === 'invoice' ? id : idOf(object['invoice']),
  };
}

/**
 * Names the group of events that share locks: those of one checkout intent where the metadata names it, else of one
 * subscription. It only spares workers waiting for each other; nothing relies on it.
 */
export function laneOf(event: PostedEvent, columns: EventColumns): string {
  const metadata = metadataOf(subjectOf(event));
  return (
    textOf(metadata?.['checkout_intent_uuid']) ??
    textOf(metadata?.['checkout_intent_id']) ??
    columns.stripeSubscriptionId ??
    event.id
  );
}

/** Stripe's second kind of event, whose payload is only a reference. https://docs.stripe.com/event-destinations#thin-events */
export const isThin = (event: PostedEvent): boolean => event['object'] === 'v2.core.event';

function subjectOf(event: PostedEvent): JsonObject {
  const reference = objectOf(event['related_object']);
  return (
    objectOf(objectOf(event['data'])?.['object']) ??
    (reference === undefined ? {} : { id: reference['id'], object: reference['type'] })
  );
}

/** The object says what it is; where it does not, its event's type does. */
function kindOf(event: PostedEvent, object: JsonObject): string | undefined {
  if (typeof object['object'] === 'string') return object['object'];
  const [first, second, third] = event.type.split('.');
  if (first === 'invoice' && third === undefined) return 'invoice';
  if (first === 'customer' && third === undefined) return 'customer';
  return first === 'customer' && second === 'subscription' ? 'subscription' : undefined;
}

function subscriptionOf(object: JsonObject): string | null {
  const parent = objectOf(object['parent']);
  return (
    idOf(object['subscription']) ??
    idOf(objectOf(parent?.['subscription_details'])?.['subscription']) ??
    idOf(objectOf(parent?.['subscription_item_details'])?.['subscription'])
  );
}

function metadataOf(object: JsonObject): JsonObject | undefined {
  const details =
    objectOf(objectOf(object['parent'])?.['subscription_details']) ?? objectOf(object['subscription_details']);
  return objectOf(details === undefined ? object['metadata'] : details['metadata']);
}

const idOf = (value: unknown): string | null => textOf(value) ?? textOf(objectOf(value)?.['id']);

function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** Text that PostgreSQL can store and index under its own name. */
function textOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > 2 * LONGEST_TEXT) return null;
  if (value.length > LONGEST_TEXT && Array.from(value).length > LONGEST_TEXT) return null;
  return value.includes('\0') || !value.isWellFormed() ? null : value;
}

/** Seconds on ordinary events, a text like 2026-11-23T06:20:52.246Z on thin ones. */
function timeOf(value: unknown): Date | null {
  const seconds = typeof value === 'string' && value.endsWith('Z') ? Date.parse(value) / 1000 : value;
  return typeof seconds === 'number' && seconds >= 0 && seconds <= END_OF_YEAR_9999 ? new Date(seconds * 1000) : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
