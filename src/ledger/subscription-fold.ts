import type { MoveRecord, SubscriptionRecord } from './records.js';
import { orderSecond } from './second-order.js';
import {
  beforeSubscriptionFact,
  readMove,
  type TimedSubscriptionEvent,
  withSubscriptionFact,
} from './subscription-facts.js';

/** What one subscription's events make of its row. */
export interface SubscriptionFold {
  readonly subscription: SubscriptionRecord;
  /** The moves of every second that was folded, in order. */
  readonly moves: readonly MoveRecord[];
  /** The event that the row was read from, with the row that stood before it in fact order; null where that is no news. */
  readonly latest: { readonly event: TimedSubscriptionEvent; readonly before: SubscriptionRecord | null } | null;
}

/**
 * Folds a subscription's events into its row, second by second, in the order of facts: by `created`, then by the order within the second.
 * `events` holds every stored event of each second that it touches. Deleted is final.
 */
export function foldSubscription(row: SubscriptionRecord, events: readonly TimedSubscriptionEvent[]): SubscriptionFold {
  const moves: MoveRecord[] = [];
  let subscription = row;
  let latest: SubscriptionFold['latest'] = null;
  for (const second of bySecond(events)) {
    const ordered = orderSecond(second);
    moves.push(...movesOf(row.id, ordered));
    const last = ordered.at(-1);
    if (last === undefined || !supersedes(last, subscription)) continue;
    const isNews = subscription.asOfEventId !== last.id;
    const previous = ordered.at(-2);
    const before =
      previous === undefined ? predecessorOf(subscription, last) : withSubscriptionFact(subscription, previous);
    subscription = withSubscriptionFact(subscription, last);
    if (isNews) latest = { event: last, before };
  }
  return { subscription, moves, latest };
}

function bySecond(events: readonly TimedSubscriptionEvent[]): TimedSubscriptionEvent[][] {
  const seconds = new Map<number, Map<string, TimedSubscriptionEvent>>();
  for (const event of events) {
    const second = secondOf(event);
    seconds.set(second, (seconds.get(second) ?? new Map<string, TimedSubscriptionEvent>()).set(event.id, event));
  }
  return [...seconds].toSorted(([a], [b]) => a - b).map(([, found]) => [...found.values()]);
}

/** One that names no time is the oldest. */
export function secondOf({ created }: { readonly created: Date | null }): number {
  return created?.getTime() ?? Number.MIN_SAFE_INTEGER;
}

function supersedes(event: TimedSubscriptionEvent, row: SubscriptionRecord): boolean {
  if (row.asOfEventId === null) return true;
  const isDeleted = event.type === 'customer.subscription.deleted';
  if (isDeleted !== row.isDeleted) return isDeleted;
  return secondOf(event) >= secondOf({ created: row.asOf });
}

/** The row that is known, unless it is of the same second and so no predecessor; then the event's own word. */
function predecessorOf(row: SubscriptionRecord, event: TimedSubscriptionEvent): SubscriptionRecord | null {
  const isOlder = row.asOfEventId !== null && secondOf({ created: row.asOf }) < secondOf(event);
  return isOlder ? row : beforeSubscriptionFact(row, event);
}

function movesOf(subscriptionId: string, ordered: readonly TimedSubscriptionEvent[]): MoveRecord[] {
  return ordered.flatMap((event, position) => {
    const move = readMove(event);
    return move === null ? [] : [{ subscriptionId, eventId: event.id, occurredAt: event.created, position, ...move }];
  });
}
