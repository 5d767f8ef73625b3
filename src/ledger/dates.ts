import type { MoveRecord, RenewalRecord, SubscriptionRecord } from './records.js';

const DAY = 86_400_000;

/**
 * A renewal's effective date in a subscription: the date it was given, carried along the subscription's moves in the order of facts.
 * A move carries the dates that lie at its old end, by the tolerance of matching: a day, or half of the current period where that is less;
 * not one that lies nearer to its new end, because it was given after the move. A date that a person set is carried by none.
 */
export function effectiveDateIn(
  renewal: RenewalRecord,
  subscription: SubscriptionRecord | null,
  moves: readonly MoveRecord[],
): Date | null {
  if (renewal.givenDate === null || renewal.isDateFixed || subscription === null) return renewal.givenDate;
  const tolerance = toleranceOf(subscription);
  let time = renewal.givenDate.getTime();
  for (const move of moves) {
    const [from, to] = [move.from.getTime(), move.to.getTime()];
    const distance = Math.abs(time - from);
    if (move.subscriptionId !== subscription.id || distance > tolerance || Math.abs(time - to) < distance) continue;
    time += to - from;
  }
  return new Date(time);
}

/**
 * The subscription that a renewal belongs to: the given one; once its link is paid the one it has; else the earliest of `subscriptions`
 * (in order of creation) that had not ended by the renewal's date.
 */
export function subscriptionFor(renewal: RenewalRecord, owned: Owned, isPaid: boolean): string | null {
  if (renewal.givenSubscriptionId !== null) return renewal.givenSubscriptionId;
  if (isPaid && renewal.subscriptionId !== null) return renewal.subscriptionId;
  const standing = owned.subscriptions.find((subscription) => {
    const date = effectiveDateIn(renewal, subscription, owned.moves);
    return subscription.endedAt === null || (date !== null && subscription.endedAt > date);
  });
  return standing?.id ?? null;
}

export interface Owned {
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly moves: readonly MoveRecord[];
}

/** Earliest first: by Stripe's time of creation, else by the first event that was seen of it. */
export function compareSubscriptions(a: SubscriptionRecord, b: SubscriptionRecord): number {
  return startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1);
}

function startOf(subscription: SubscriptionRecord): number {
  return (subscription.createdAt ?? subscription.firstEventAt)?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function toleranceOf({ currentPeriodStart, currentPeriodEnd }: SubscriptionRecord): number {
  if (currentPeriodStart === null || currentPeriodEnd === null || currentPeriodEnd <= currentPeriodStart) return DAY;
  return Math.min(DAY, (currentPeriodEnd.getTime() - currentPeriodStart.getTime()) / 2);
}
