import type { LedgerEvents, SubscriptionState } from '@renewal-ledger/sdk';
import { type Announcement, idsFor, toText } from './announcements.js';
import type { IntentRecord, SubscriptionRecord } from './records.js';
import type { SubscriptionFold, SubscriptionNews } from './subscription-fold.js';

type SubscriptionEventType = Extract<keyof LedgerEvents, `subscription.${string}`>;

/** Told by the type alone: nothing in the subscription's state need differ. */
const TOLD_BY_TYPE: Readonly<Record<string, SubscriptionEventType>> = {
  'customer.subscription.pending_update_applied': 'subscription.pending_update_applied',
  'customer.subscription.pending_update_expired': 'subscription.pending_update_expired',
  'customer.subscription.trial_will_end': 'subscription.trial_ending',
};

/**
 * What each event changed against its predecessor in fact order. An event that a newer one has overtaken is not announced. Keyed by the
 * Stripe event, so that each is raised once.
 */
export function announceSubscription({ news }: SubscriptionFold, intent: IntentRecord | null): Announcement[] {
  return news.flatMap((one) => announceNews(one, intent));
}

function announceNews({ event, before, after }: SubscriptionNews, intent: IntentRecord | null): Announcement[] {
  const told = TOLD_BY_TYPE[event.type];
  const types = [...transitionsBetween(before, after), ...(told === undefined ? [] : [told])];
  const ids = {
    ...idsFor(intent, null, null),
    stripeSubscriptionId: after.id,
    stripeCustomerId: after.customerId,
  };
  const object = { ...ids, before: before === null ? null : toState(before), after: toState(after) };
  return types.map((type) => ({ type, key: event.id, object }));
}

function transitionsBetween(before: SubscriptionRecord | null, after: SubscriptionRecord): SubscriptionEventType[] {
  const hasEnded = isEnded(after);
  const cancelsAt = scheduledEnd(after)?.getTime();
  const canceledAt = before === null ? undefined : scheduledEnd(before)?.getTime();
  const was = before?.status ?? null;
  const becomes: [SubscriptionEventType, boolean][] = [
    ['subscription.past_due', after.status === 'past_due' && was !== 'past_due'],
    [
      'subscription.recovered',
      (was === 'past_due' || was === 'unpaid') && (after.status === 'active' || after.status === 'trialing'),
    ],
    ['subscription.cancellation_scheduled', !hasEnded && cancelsAt !== undefined && cancelsAt !== canceledAt],
    ['subscription.reinstated', !hasEnded && cancelsAt === undefined && canceledAt !== undefined],
    ['subscription.canceled', hasEnded && (before === null || !isEnded(before))],
    ['subscription.paused', after.status === 'paused' && was !== 'paused'],
    ['subscription.resumed', was === 'paused' && after.status !== 'paused' && !hasEnded],
  ];
  return becomes.filter(([, isTrue]) => isTrue).map(([type]) => type);
}

function isEnded(subscription: SubscriptionRecord): boolean {
  return subscription.isDeleted || subscription.status === 'canceled' || subscription.endedAt !== null;
}

function scheduledEnd({ cancelAt, cancelAtPeriodEnd, currentPeriodEnd }: SubscriptionRecord): Date | null {
  return cancelAt ?? (cancelAtPeriodEnd === true ? currentPeriodEnd : null);
}

function toState(subscription: SubscriptionRecord): SubscriptionState {
  return {
    status: subscription.status,
    cancelAt: toText(subscription.cancelAt),
    cancelAtPeriodEnd: subscription.cancelAtPeriodEnd,
    endedAt: toText(subscription.endedAt),
    trialEnd: toText(subscription.trialEnd),
    currentPeriodStart: toText(subscription.currentPeriodStart),
    currentPeriodEnd: toText(subscription.currentPeriodEnd),
  };
}
