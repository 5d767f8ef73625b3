import { compareText } from './rows.js';
import type { ToldSubscription } from './read-event.js';

type Json = Readonly<Record<string, unknown>>;

/** More events than this in one second are not searched for chains: event id order. */
const MOST_CHAINED = 8;

/**
 * Orders the events of one second: `created` first, `deleted` last, between them the chain on which undoing each event's
 * `previous_attributes` gives its predecessor; where there is none, or several that end differently, by event id.
 */
export function orderSecond(events: readonly ToldSubscription[]): ToldSubscription[] {
  const sorted = events.toSorted((a, b) => compareText(a.event.id, b.event.id));
  const first = sorted.filter(({ event }) => event.type === 'customer.subscription.created');
  const last = sorted.filter(({ event }) => event.type === 'customer.subscription.deleted');
  const between = sorted.filter((event) => !first.includes(event) && !last.includes(event));
  return [...first, ...orderChain(between, first.at(-1)), ...last];
}

/** The object as it was before this event. */
export const undo = ({ object, previous }: ToldSubscription): unknown => merge(object, previous);

function orderChain(
  events: readonly ToldSubscription[],
  start: ToldSubscription | undefined,
): readonly ToldSubscription[] {
  if (events.length < 2 || events.length > MOST_CHAINED) return events;
  const chains = chainsFrom(start, events).filter(({ length }) => length === events.length);
  const ends = new Set(chains.map((chain) => canonical(chain.at(-1)?.object)));
  return ends.size === 1 ? (chains[0] ?? events) : events;
}

function chainsFrom(last: ToldSubscription | undefined, rest: readonly ToldSubscription[]): ToldSubscription[][] {
  const state = last === undefined ? undefined : canonical(last.object);
  return rest
    .filter((event) => state === undefined || canonical(undo(event)) === state)
    .flatMap((event) => {
      const others = rest.filter((other) => other !== event);
      return others.length === 0 ? [[event]] : chainsFrom(event, others).map((chain) => [event, ...chain]);
    });
}

/** Objects merge field by field; lists and plain values are replaced, as Stripe writes `previous_attributes`. */
function merge(object: unknown, previous: unknown): unknown {
  if (!isObject(previous)) return previous ?? object;
  if (!isObject(object)) return previous;
  const undone = Object.entries(previous).map(([field, old]) => [
    field,
    isObject(old) ? merge(object[field], old) : old,
  ]);
  return { ...object, ...Object.fromEntries(undone) };
}

/** One text for one state; a field that is null counts as absent. */
function canonical(value: unknown): string {
  const sorted = (inner: Json): Json =>
    Object.fromEntries(
      Object.entries(inner)
        .filter(([, field]) => field !== null)
        .toSorted(([a], [b]) => compareText(a, b)),
    );
  return JSON.stringify(value, (_field, inner: unknown) => (isObject(inner) ? sorted(inner) : inner)) ?? '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
