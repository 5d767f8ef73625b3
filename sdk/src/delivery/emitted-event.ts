import { LEDGER_EVENT_TYPES } from '../ledger-events.js';
import { isObject } from '../read-value.js';
import { STRIPE_EVENT_TYPES } from '../stripe-event-types.js';

/** Whatever comes after these, the ledger reads facts from it. */
const TAKEN = /^(?:invoice|customer\.subscription)\./;

export interface EmittedEvent {
  readonly type: string;
  readonly key: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * What `ctx.emit` was called with, as it is raised: its payload is the JSON of now, so what the handler changes later is not what it
 * emitted. Facts are taken from Stripe's types, and the ledger raises each of its own once: nobody else emits either.
 * @throws TypeError
 */
export function toEmittedEvent(type: string, key: string, payload: unknown): EmittedEvent {
  for (const name of [type, key]) {
    if (typeof name === 'string' && name !== '' && name.length <= 255 && !name.includes('\0')) continue;
    throw new TypeError('An event that is emitted needs a type and a key of 1 to 255 characters without NUL.');
  }
  if (TAKEN.test(type) || [...STRIPE_EVENT_TYPES, ...LEDGER_EVENT_TYPES].includes(type))
    throw new TypeError(`Events of the type ${type} are not yours to emit; give yours a type of its own.`);
  const json: unknown = JSON.parse(JSON.stringify(payload) ?? 'null');
  if (isObject(json)) return { type, key, payload: json };
  throw new TypeError('An event that is emitted needs an object of JSON as its payload.');
}
