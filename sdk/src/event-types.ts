import type Stripe from 'stripe'; // the default import is the one form that resolves under both export conditions
import type { LedgerEvent, LedgerEvents } from './ledger-events.js';

type StripeEventMap = { [Event in Stripe.Event as Event['type']]: Event };
type LedgerEventMap = { [Type in keyof LedgerEvents]: LedgerEvent<Type> };

/** Every event by its type: those of the installed `stripe`, the ledger's, and what was added to `LedgerEvents`. */
export interface EventMap extends StripeEventMap, LedgerEventMap {}

export type EventType = keyof EventMap;

type Prefixes<Name extends string> = Name extends `${infer Head}.${infer Rest}`
  ? `${Head}.*` | `${Head}.${Prefixes<Rest>}`
  : never;

/** A type, or `customer.subscription.*`, or `*`. */
export type EventPattern = EventType | Prefixes<EventType> | '*';

type TypesOf<Pattern extends EventPattern> = Pattern extends '*'
  ? EventType
  : Pattern extends `${infer Head}.*`
    ? Extract<EventType, `${Head}.${string}`>
    : Pattern & EventType;

/** The event that a type delivers, or the union of the events that a pattern delivers. */
export type EventOf<Pattern extends EventPattern> = EventMap[TypesOf<Pattern>];

/** What can be said of any event before its type is looked at. */
export interface AnyEvent {
  readonly id: string;
  readonly type: string;
}

export function patternCovers(pattern: string, type: string): boolean {
  return pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));
}
