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
  /** The events that are newer than the row, in order, without those that a newer one has overtaken on its way here. */
  readonly news: readonly SubscriptionNews[];
}

/** An event with the rows that stand before and after it in fact order; `before` is null where nothing tells of it. */
export interface SubscriptionNews {
  readonly event: TimedSubscriptionEvent;
  readonly before: SubscriptionRecord | null;
  readonly after: SubscriptionRecord;
}

/**
 * Folds a subscription's events into its row, second by second, in the order of facts: by `created`, then by the order within the second.
 * `events` holds every stored event of each second that it touches. Deleted is final.
 */
export function foldSubscription(row: SubscriptionRecord, events: readonly TimedSubscriptionEvent[]): SubscriptionFold {
  const moves: MoveRecord[] = [];
  const news: SubscriptionNews[] = [];
  let subscription = row;
  for (const second of bySecond(events)) {
    const ordered = orderSecond(second);
    moves.push(...movesOf(row.id, ordered));
    const last = ordered.at(-1);
    if (last === undefined || !supersedes(last, subscription)) continue;
    news.push(...newsOf(subscription, ordered));
    subscription = withSubscriptionFact(subscription, last);
  }
  return { subscription, moves, news: news.filter(({ event }, index) => !isOvertaken(event, news.slice(index + 1))) };
}

/** Those of a second that come after the event which the row was read from. */
function newsOf(row: SubscriptionRecord, ordered: readonly TimedSubscriptionEvent[]): SubscriptionNews[] {
  const known = ordered.findIndex(({ id }) => id === row.asOfEventId);
  return ordered.slice(known + 1).map((event, index) => {
    const previous = ordered[known + index];
    const before = previous === undefined ? predecessorOf(row, event) : withSubscriptionFact(row, previous);
    return { event, before, after: withSubscriptionFact(row, event) };
  });
}

/** Events that came one after the other may be folded together: whoever was received first has not been overtaken. */
function isOvertaken({ receivedAt }: TimedSubscriptionEvent, newer: readonly SubscriptionNews[]): boolean {
  return newer.some(({ event }) => event.receivedAt < receivedAt);
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
