import { DAY, type MoveRow, type RenewalRow, type SubscriptionRow } from './rows.js';

export interface Owned {
  /** Earliest first. */
  readonly subscriptions: readonly SubscriptionRow[];
  readonly moves: readonly MoveRow[];
}

/** The given date, carried along the subscription's moves in the order of facts; one that a person set is carried by none. */
export function effectiveDateIn(
  renewal: RenewalRow,
  subscription: SubscriptionRow | null,
  moves: readonly MoveRow[],
): Date | null {
  if (renewal.given_date === null || renewal.is_date_fixed || subscription === null) return renewal.given_date;
  const tolerance = toleranceOf(subscription);
  let time = renewal.given_date.getTime();
  for (const move of moves) {
    if (move.subscription_id !== subscription.id || Math.abs(time - move.from_date.getTime()) > tolerance) continue;
    time += move.to_date.getTime() - move.from_date.getTime();
  }
  return new Date(time);
}

/** The given subscription; of a paid link the one that it has; else the intent's earliest that had not ended by the renewal's date. */
export function subscriptionFor(renewal: RenewalRow, owned: Owned, isPaid: boolean): string | null {
  if (renewal.given_stripe_subscription_id !== null) return renewal.given_stripe_subscription_id;
  if (isPaid && renewal.stripe_subscription_id !== null) return renewal.stripe_subscription_id;
  const standing = owned.subscriptions.find((subscription) => {
    const date = effectiveDateIn(renewal, subscription, owned.moves);
    return subscription.ended_at === null || (date !== null && subscription.ended_at > date);
  });
  return standing?.id ?? null;
}

export function compareSubscriptions(a: SubscriptionRow, b: SubscriptionRow): number {
  return startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1);
}

function startOf({ created_at: created, first_event_at: first }: SubscriptionRow): number {
  return (created ?? first)?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function toleranceOf({ current_period_start: start, current_period_end: end }: SubscriptionRow): number {
  if (start === null || end === null || end <= start) return DAY;
  return Math.min(DAY, (end.getTime() - start.getTime()) / 2);
}
