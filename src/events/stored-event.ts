import { type AnyEvent, GiveUp } from '@renewal-ledger/sdk';

/** An event as it is read to be handled. Times come from the ORM's pool as text. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly receivedAt: string;
  /** Null once erased. */
  readonly body: string | null;
}

/** Half the bytes on the wire of what the driver does with `bytea`. Whoever stores a body has checked that it is UTF-8. */
export const BODY_AS_TEXT = `convert_from(b.body, 'UTF8') as body`;

/** The columns of a `StoredEvent`, of `event e` joined to its body; `received_at` leads to the one partition that can hold it. */
export const STORED_EVENT = `e.id, e.type, e.received_at as "receivedAt", ${BODY_AS_TEXT}`;
export const EVENT_WITH_BODY = 'event e left join event_body b on b.event_id = e.id and b.received_at = e.received_at';

/** @throws GiveUp where no try can help: the body is erased, or is no event. It never repeats the body. */
export function parseEvent({ body }: Pick<StoredEvent, 'body'>): AnyEvent {
  if (body === null) throw new GiveUp('The payload of this event is erased.');
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new GiveUp('The stored body of this event is not JSON.');
  }
  if (typeof parsed !== 'object' || parsed === null)
    throw new GiveUp('The stored body of this event is not an object.');
  return parsed as AnyEvent;
}

const END_OF_YEAR_9999 = 253_402_300_799;

/** Stripe's `created`, epoch seconds; null where it is missing or no time that every part of the service can write. */
export function createdOf(event: AnyEvent): Date | null {
  const { created } = event as { created?: unknown };
  const isTime = typeof created === 'number' && created >= 0 && created <= END_OF_YEAR_9999;
  return isTime ? new Date(created * 1000) : null;
}
