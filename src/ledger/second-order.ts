/** An event of a subscription as the order within its second needs it: raw, because undoing a change needs every field. */
export interface SubscriptionEvent {
  readonly id: string;
  readonly type: string;
  readonly object: unknown;
  /** `data.previous_attributes`: the old values of what this event changed; null where it names none. */
  readonly previous: unknown;
}

type Json = { readonly [field: string]: unknown };

/** More events than this in one second are not searched for chains: event id order. */
const MOST_CHAINED = 8;

/**
 * Orders the events of one second: `created` first, `deleted` last, between them the chain on which undoing each event's
 * `previous_attributes` gives its predecessor. Where there is no chain, or chains that end in different states, by event id.
 */
export function orderSecond<T extends SubscriptionEvent>(events: readonly T[]): T[] {
  const sorted = events.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const first = sorted.filter(({ type }) => type === 'customer.subscription.created');
  const last = sorted.filter(({ type }) => type === 'customer.subscription.deleted');
  const between = sorted.filter((event) => !first.includes(event) && !last.includes(event));
  return [...first, ...orderChain(between, first.at(-1)), ...last];
}

/** The object as it was before this event. */
export function undo({ object, previous }: SubscriptionEvent): unknown {
  return merge(object, previous);
}

function orderChain<T extends SubscriptionEvent>(events: readonly T[], start: T | undefined): readonly T[] {
  if (events.length < 2 || events.length > MOST_CHAINED) return events;
  const whole = (first: T | undefined) => chainsFrom(first, events).filter((chain) => chain.length === events.length);
  const fromStart = whole(start);
  // Stripe fills in more after a creation than the next event says: those that follow can still be chained among themselves.
  const chains = fromStart.length > 0 ? fromStart : whole(undefined);
  const [chain] = chains;
  if (chain === undefined) return events;
  const ends = new Set(chains.map((other) => canonical(other.at(-1)?.object)));
  return ends.size === 1 ? chain : events;
}

function chainsFrom<T extends SubscriptionEvent>(last: T | undefined, rest: readonly T[]): T[][] {
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
  if (!isObject(previous)) return previous === null || previous === undefined ? object : previous;
  if (!isObject(object)) return previous;
  const undone = Object.entries(previous).map(([field, old]) => [
    field,
    isObject(old) ? merge(object[field], old) : old,
  ]);
  return { ...object, ...Object.fromEntries(undone) };
}

/** One text for one state. A field that is null counts as absent: so `previous_attributes` tells of a metadata key that was not there. */
function canonical(value: unknown): string {
  const sorted = (inner: Json): Json =>
    Object.fromEntries(
      Object.entries(inner)
        .filter(([, field]) => field !== null)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  return JSON.stringify(value, (_field, inner: unknown) => (isObject(inner) ? sorted(inner) : inner)) ?? '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
