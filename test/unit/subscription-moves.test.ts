import { aSubscription, type Layout, type SubscriptionSpec } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';
import {
  beforeSubscriptionFact,
  readMove,
  type TimedSubscriptionEvent,
  withSubscriptionFact,
} from '../../src/ledger/subscription-facts.js';
import { aSubscription as aRow, instant, INTENT_UUID } from '../support/builders.js';

interface Change {
  readonly was: SubscriptionSpec;
  readonly now: SubscriptionSpec;
}

/** Fields of `was` that differ, as Stripe writes them in `previous_attributes`. */
function previousOf(was: Record<string, unknown>, now: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(was).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(now[field])),
  );
}

function update(change: Change, layout: Layout = 'basil'): TimedSubscriptionEvent {
  const [was, now] = [aSubscription({ layout, ...change.was }), aSubscription({ layout, ...change.now })];
  return {
    id: 'evt_1',
    type: 'customer.subscription.updated',
    created: instant('2026-03-10'),
    receivedAt: instant('2026-03-10'),
    object: now,
    previous: previousOf(was, now),
  };
}

const trial = {
  status: 'trialing',
  trialEnd: '2026-03-15',
  currentPeriodStart: '2026-03-01',
  currentPeriodEnd: '2026-03-15',
};
const month = { currentPeriodStart: '2026-03-01', currentPeriodEnd: '2026-04-01' };

describe.each(['basil', 'legacy'] as const)('In the layout %s a move is', (layout) => {
  it.each<[string, Change, [string, string] | null]>([
    [
      'a trial that is ended early: to the moment it ends',
      {
        was: trial,
        now: { trialEnd: '2026-03-10', currentPeriodStart: '2026-03-10', currentPeriodEnd: '2026-04-10' },
      },
      ['2026-03-15', '2026-03-10'],
    ],
    [
      'a trial that is extended',
      { was: trial, now: { ...trial, trialEnd: '2026-03-29', currentPeriodEnd: '2026-03-29' } },
      ['2026-03-15', '2026-03-29'],
    ],
    [
      'a trial that is taken away: to the start of the current period',
      { was: trial, now: { trialEnd: null, currentPeriodStart: '2026-03-12', currentPeriodEnd: '2026-04-12' } },
      ['2026-03-15', '2026-03-12'],
    ],
    [
      'a reset of the cycle: from the old end to the new',
      { was: month, now: { currentPeriodStart: '2026-03-10', currentPeriodEnd: '2026-04-10' } },
      ['2026-04-01', '2026-04-10'],
    ],
    [
      'a change from monthly to yearly',
      { was: month, now: { currentPeriodStart: '2026-03-10', currentPeriodEnd: '2027-03-10' } },
      ['2026-04-01', '2027-03-10'],
    ],
    [
      'not the ordinary advance, at which a period starts where the last one ended',
      { was: month, now: { currentPeriodStart: '2026-04-01', currentPeriodEnd: '2026-05-01' } },
      null,
    ],
    [
      'not the end of a trial that runs out',
      {
        was: trial,
        now: { trialEnd: '2026-03-15', currentPeriodStart: '2026-03-15', currentPeriodEnd: '2026-04-15' },
      },
      null,
    ],
    ['not a change of anything else', { was: month, now: { ...month, status: 'past_due' } }, null],
    [
      'a trial that begins in the middle of a period: its end moves',
      { was: month, now: { ...trial, currentPeriodStart: '2026-03-05' } },
      ['2026-04-01', '2026-03-15'],
    ],
  ])('%s', (_what, change, expected) => {
    const move = expected && { from: instant(expected[0]), to: instant(expected[1]) };
    expect(readMove(update(change, layout))).toEqual(move);
  });
});

describe('An old period that previous_attributes name on the subscription itself', () => {
  const reset = { was: month, now: { currentPeriodStart: '2026-03-10', currentPeriodEnd: '2026-04-10' } };
  const previous = { current_period_end: instant('2026-04-01').getTime() / 1000 };

  it.each(['basil', 'legacy'] as const)('is the old one in the layout %s', (layout) => {
    const move = { from: instant('2026-04-01'), to: instant('2026-04-10') };
    expect(readMove({ ...update(reset, layout), previous })).toEqual(move);
  });
});

describe('An event without previous_attributes', () => {
  const event = { ...update({ was: month, now: trial }), previous: null };

  it('moves nothing', () => expect(readMove(event)).toBeNull());
  it('says nothing of what was before it', () => expect(beforeSubscriptionFact(aRow(), event)).toBeNull());
});

describe('The row that an event leaves', () => {
  const deletion = (spec: SubscriptionSpec, created: Date | null = instant('2026-03-10')) => ({
    ...update({ was: spec, now: spec }),
    type: 'customer.subscription.deleted',
    created,
  });

  it.each<[string, TimedSubscriptionEvent, string]>([
    ['ended_at', deletion({ endedAt: '2026-03-02', canceledAt: '2026-03-01' }), '2026-03-02'],
    ['canceled_at of a deletion without it', deletion({ canceledAt: '2026-03-01' }), '2026-03-01'],
    ["the deletion's own time where it names none", deletion({}), '2026-03-10'],
    ['the time of receipt where there is no other', deletion({}, null), '2026-03-10'],
  ])('has ended at %s', (_what, event, endedAt) => {
    expect(withSubscriptionFact(aRow(), event)).toMatchObject({ isDeleted: true, endedAt: instant(endedAt) });
  });

  it.each([
    ['by uuid', { checkout_intent_uuid: INTENT_UUID }, { namedIntentUuid: INTENT_UUID, isNamedByItself: true }],
    ['by id', { checkout_intent_id: '7' }, { namedIntentId: '7', isNamedByItself: true }],
    ['not at all', {}, { namedIntentUuid: null, namedIntentId: null, isNamedByItself: false }],
  ])('names its intent %s', (_what, metadata, name) => {
    const spec = { metadata };
    expect(withSubscriptionFact(aRow(), update({ was: spec, now: spec }))).toMatchObject(name);
  });

  it('keeps who its first customer was, whatever the event says', () => {
    const spec = { customer: 'cus_other' };
    expect(withSubscriptionFact(aRow(), update({ was: spec, now: spec }))).toMatchObject({
      customerId: 'cus_other',
      firstCustomerId: aRow().firstCustomerId,
    });
  });
});
