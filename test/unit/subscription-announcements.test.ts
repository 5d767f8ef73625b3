import { describe, expect, it } from 'vitest';
import type { SubscriptionRecord } from '../../src/ledger/records.js';
import { announceSubscription } from '../../src/ledger/subscription-announcements.js';
import { anIntent, aSubscription, instant, SUBSCRIPTION } from '../support/builders.js';

type Spec = Partial<SubscriptionRecord>;

const event = (type: string) => ({
  id: 'evt_1',
  type: `customer.subscription.${type}`,
  created: instant('2026-03-10'),
  receivedAt: instant('2026-03-10'),
  object: {},
  previous: null,
});

function announced(before: Spec | null, after: Spec, type = 'updated'): string[] {
  const subscription = aSubscription({ status: 'active', ...after });
  const row = before && aSubscription({ status: 'active', ...before });
  const news = [{ event: event(type), before: row, after: subscription }];
  return announceSubscription({ subscription, moves: [], news }, anIntent()).map(({ type: raised }) => raised);
}

const [soon, later] = [instant('2026-04-01'), instant('2026-05-01')];
const atPeriodEnd = { cancelAtPeriodEnd: true, currentPeriodEnd: soon };
const ended = { status: 'canceled', endedAt: soon };

describe('Of a subscription is announced', () => {
  it.each<[string, Spec | null, Spec, string[]]>([
    ['past_due when it falls behind', {}, { status: 'past_due' }, ['subscription.past_due']],
    ['past_due of one of which nothing was known', null, { status: 'past_due' }, ['subscription.past_due']],
    ['nothing while it stays behind', { status: 'past_due' }, { status: 'past_due' }, []],
    ['recovered when it is active again', { status: 'past_due' }, {}, ['subscription.recovered']],
    ['recovered from unpaid into a trial', { status: 'unpaid' }, { status: 'trialing' }, ['subscription.recovered']],
    ['nothing when a trial becomes active', { status: 'trialing' }, {}, []],
    ['nothing when it becomes unpaid after past_due', { status: 'past_due' }, { status: 'unpaid' }, []],
    ['cancellation_scheduled when cancel_at is set', {}, { cancelAt: soon }, ['subscription.cancellation_scheduled']],
    [
      'cancellation_scheduled again when cancel_at moves',
      { cancelAt: soon },
      { cancelAt: later },
      ['subscription.cancellation_scheduled'],
    ],
    ['reinstated when cancel_at is cleared', { cancelAt: soon }, {}, ['subscription.reinstated']],
    [
      'cancellation_scheduled when it is set again',
      { cancelAt: null },
      { cancelAt: later },
      ['subscription.cancellation_scheduled'],
    ],
    [
      'cancellation_scheduled at the end of the period',
      { currentPeriodEnd: soon },
      atPeriodEnd,
      ['subscription.cancellation_scheduled'],
    ],
    ['nothing when cancel_at repeats the end of the period', atPeriodEnd, { ...atPeriodEnd, cancelAt: soon }, []],
    [
      'canceled when it ends, and no cancellation',
      { cancelAt: soon },
      { ...ended, cancelAt: soon },
      ['subscription.canceled'],
    ],
    ['canceled once', ended, ended, []],
    ['canceled when it was deleted', {}, { isDeleted: true }, ['subscription.canceled']],
    ['paused', {}, { status: 'paused' }, ['subscription.paused']],
    ['resumed', { status: 'paused' }, {}, ['subscription.resumed']],
    ['canceled, and not resumed, when it ends while paused', { status: 'paused' }, ended, ['subscription.canceled']],
    [
      'both of what one event brings',
      { status: 'past_due', cancelAt: soon },
      {},
      ['subscription.recovered', 'subscription.reinstated'],
    ],
  ])('%s', (_what, before, after, types) => {
    expect(announced(before, after)).toEqual(types);
  });

  it.each([
    ['pending_update_applied', 'subscription.pending_update_applied'],
    ['pending_update_expired', 'subscription.pending_update_expired'],
    ['trial_will_end', 'subscription.trial_ending'],
  ])('what customer.subscription.%s says, though nothing else changes', (type, raised) => {
    expect(announced({}, {}, type)).toEqual([raised]);
  });

  it('nothing where no event is news', () => {
    expect(announceSubscription({ subscription: aSubscription(), moves: [], news: [] }, null)).toEqual([]);
  });

  it('what was before and after, under the key of the Stripe event', () => {
    const subscription = aSubscription({ status: 'past_due', currentPeriodEnd: soon });
    const news = [{ event: event('updated'), before: aSubscription({ status: 'active' }), after: subscription }];
    const [raised] = announceSubscription({ subscription, moves: [], news }, anIntent());
    expect(raised).toMatchObject({
      key: 'evt_1',
      object: {
        checkoutIntentId: '1',
        stripeSubscriptionId: SUBSCRIPTION,
        before: { status: 'active' },
        after: { status: 'past_due', currentPeriodEnd: '2026-04-01T00:00:00.000Z' },
      },
    });
  });
});
