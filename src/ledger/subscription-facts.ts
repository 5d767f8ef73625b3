import { readSubscription, type SubscriptionFact } from '@renewal-ledger/sdk';
import { readIntentName } from './intent-name.js';
import { type FactEvent, toInstant } from './invoice-facts.js';
import type { MoveRecord, SubscriptionRecord } from './records.js';
import { type SubscriptionEvent, undo } from './second-order.js';

/** A subscription event with its place in time. */
export type TimedSubscriptionEvent = SubscriptionEvent & FactEvent;

export const isDeletion = ({ type }: Pick<SubscriptionEvent, 'type'>): boolean =>
  type === 'customer.subscription.deleted';

/** The row as this event leaves it; what other sources know of the subscription stays. */
export function withSubscriptionFact(row: SubscriptionRecord, event: TimedSubscriptionEvent): SubscriptionRecord {
  const fact = readSubscription(event.object);
  const { name } = readIntentName(fact.metadata);
  const endedAt =
    toInstant(fact.endedAt) ??
    (isDeletion(event) ? (toInstant(fact.canceledAt) ?? event.created ?? event.receivedAt) : null);
  return {
    ...row,
    customerId: fact.customer,
    status: fact.status ?? (isDeletion(event) ? 'canceled' : null),
    cancelAt: toInstant(fact.cancelAt),
    cancelAtPeriodEnd: fact.cancelAtPeriodEnd,
    endedAt,
    trialEnd: toInstant(fact.trialEnd),
    currentPeriodStart: toInstant(fact.currentPeriodStart),
    currentPeriodEnd: toInstant(fact.currentPeriodEnd),
    createdAt: toInstant(fact.created) ?? row.createdAt,
    ...name,
    isNamedByItself: name.namedIntentUuid !== null || name.namedIntentId !== null,
    isDeleted: isDeletion(event),
    asOf: event.created,
    asOfEventId: event.id,
  };
}

/** The row as it was before this event, by the event's own word. */
export function beforeSubscriptionFact(
  row: SubscriptionRecord,
  event: TimedSubscriptionEvent,
): SubscriptionRecord | null {
  return event.previous === null
    ? null
    : withSubscriptionFact(row, { ...event, type: 'customer.subscription.updated', object: undo(event) });
}

/**
 * Where the event moved a period's end: a changed `trial_end` from the old trial end to the new one (to none: to the start of the current
 * period); else a changed period end, unless the new period starts where the old one ended.
 */
export function readMove(event: TimedSubscriptionEvent): Pick<MoveRecord, 'from' | 'to'> | null {
  if (event.previous === null) return null;
  const now = readSubscription(event.object);
  const was = readSubscription(beforeOf(event));
  if (was.trialEnd !== null && was.trialEnd !== now.trialEnd)
    return moveBetween(was.trialEnd, now.trialEnd ?? now.currentPeriodStart);
  if (was.currentPeriodEnd === now.currentPeriodEnd || isAdvance(was, now)) return null;
  return moveBetween(was.currentPeriodEnd, now.currentPeriodEnd);
}

/** An old period that is named on the subscription itself is that of its items too: undone, those would still have the new one. */
function beforeOf(event: TimedSubscriptionEvent): unknown {
  const before = undo(event) as object;
  const { current_period_end: end, items } = event.previous as { current_period_end?: unknown; items?: unknown };
  return end === undefined || items !== undefined ? before : { ...before, items: undefined };
}

function isAdvance(was: SubscriptionFact, now: SubscriptionFact): boolean {
  return now.currentPeriodStart !== null && now.currentPeriodStart === was.currentPeriodEnd;
}

function moveBetween(from: number | null, to: number | null): Pick<MoveRecord, 'from' | 'to'> | null {
  const [start, end] = [toInstant(from), toInstant(to)];
  return start === null || end === null || from === to ? null : { from: start, to: end };
}
