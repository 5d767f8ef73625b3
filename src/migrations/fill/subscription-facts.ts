import { readSubscription, type SubscriptionFact } from '@renewal-ledger/sdk';
import { type FactEvent, readName, type ToldSubscription } from './read-event.js';
import { compareText, type MoveRow, type SubscriptionRow, timeOf, toInstant } from './rows.js';
import { orderSecond, undo } from './second-order.js';

/** A subscription that is known only from an invoice, or from a renewal that names it. */
export function emptySubscription(id: string): SubscriptionRow {
  return {
    id,
    stripe_customer_id: null,
    status: null,
    cancel_at: null,
    cancel_at_period_end: null,
    ended_at: null,
    trial_end: null,
    current_period_start: null,
    current_period_end: null,
    created_at: null,
    named_intent_uuid: null,
    named_intent_id: null,
    is_named_by_itself: false,
    checkout_intent_id: null,
    first_customer_id: null,
    first_event_at: null,
    first_event_id: null,
    is_deleted: false,
    as_of: null,
    as_of_event_id: null,
  };
}

/** What all events of a subscription without facts make of its row: that of the last, by time and by the order within a second; deleted is final. */
export function foldSubscription(
  row: SubscriptionRow,
  told: readonly ToldSubscription[],
): { readonly subscription: SubscriptionRow; readonly moves: readonly MoveRow[] } {
  const seconds = Map.groupBy(told, ({ event }) => timeOf(event.created));
  const ordered = [...seconds].toSorted(([a], [b]) => a - b).map(([, events]) => orderSecond(events));
  let subscription = row;
  for (const second of ordered) {
    const last = second.at(-1);
    if (last !== undefined && (isDeletion(last) || !subscription.is_deleted))
      subscription = withFact(subscription, last);
  }
  return { subscription, moves: ordered.flatMap((second) => second.flatMap((one, at) => moveOf(row.id, one, at))) };
}

/** The customer of a subscription's earliest event that names one. */
export function withFirstCustomer(row: SubscriptionRow, event: FactEvent, customer: string | null): SubscriptionRow {
  const isLater =
    row.first_event_id !== null &&
    (timeOf(row.first_event_at) - timeOf(event.created) || compareText(row.first_event_id, event.id)) <= 0;
  if (customer === null || isLater) return row;
  return { ...row, first_customer_id: customer, first_event_at: event.created, first_event_id: event.id };
}

const isDeletion = ({ event }: ToldSubscription): boolean => event.type === 'customer.subscription.deleted';

function withFact(row: SubscriptionRow, told: ToldSubscription): SubscriptionRow {
  const fact = readSubscription(told.object);
  const name = readName(fact.metadata);
  const isDeleted = isDeletion(told);
  const goneAt = isDeleted ? (toInstant(fact.canceledAt) ?? told.event.created ?? told.event.receivedAt) : null;
  return {
    ...row,
    stripe_customer_id: fact.customer,
    status: fact.status ?? (isDeleted ? 'canceled' : null),
    cancel_at: toInstant(fact.cancelAt),
    cancel_at_period_end: fact.cancelAtPeriodEnd,
    ended_at: toInstant(fact.endedAt) ?? goneAt,
    trial_end: toInstant(fact.trialEnd),
    current_period_start: toInstant(fact.currentPeriodStart),
    current_period_end: toInstant(fact.currentPeriodEnd),
    created_at: toInstant(fact.created) ?? row.created_at,
    ...name,
    is_named_by_itself: name.named_intent_uuid !== null || name.named_intent_id !== null,
    is_deleted: isDeleted,
    as_of: told.event.created,
    as_of_event_id: told.event.id,
  };
}

/** Where the event moved a period's end: a changed trial end, else a changed period end that is no ordinary advance. */
function moveOf(subscriptionId: string, told: ToldSubscription, position: number): MoveRow[] {
  if (told.previous === null) return [];
  const now = readSubscription(told.object);
  const was = readSubscription(undo(told));
  const [from, to] = endsOf(was, now);
  if (from === null || to === null || from === to) return [];
  return [
    {
      subscription_id: subscriptionId,
      event_id: told.event.id,
      occurred_at: told.event.created,
      position,
      from_date: new Date(from * 1000),
      to_date: new Date(to * 1000),
    },
  ];
}

function endsOf(was: SubscriptionFact, now: SubscriptionFact): [number | null, number | null] {
  if (was.trialEnd !== null && was.trialEnd !== now.trialEnd)
    return [was.trialEnd, now.trialEnd ?? now.currentPeriodStart];
  const isAdvance = now.currentPeriodStart !== null && now.currentPeriodStart === was.currentPeriodEnd;
  return isAdvance ? [null, null] : [was.currentPeriodEnd, now.currentPeriodEnd];
}
