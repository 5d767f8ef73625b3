import { aSubscription, type SubscriptionSpec } from '@renewal-ledger/sdk/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimedSubscriptionEvent } from '../../src/ledger/subscription-facts.js';
import { foldSubscription } from '../../src/ledger/subscription-fold.js';
import { aSubscription as aRow, instant } from '../support/builders.js';

interface EventSpec extends SubscriptionSpec {
  readonly eventId: string;
  readonly at: string | null;
  readonly type?: string;
  readonly previous?: Readonly<Record<string, unknown>>;
}

function event({ eventId, at, type = 'updated', previous, ...spec }: EventSpec): TimedSubscriptionEvent {
  return {
    id: eventId,
    type: `customer.subscription.${type}`,
    created: at === null ? null : instant(at),
    receivedAt: instant('2026-06-01'),
    object: aSubscription(spec),
    previous: previous ?? null,
  };
}

const created = event({ eventId: 'evt_3', at: '2026-03-01T00:00:00Z', type: 'created', status: 'trialing' });
const active = event({ eventId: 'evt_2', at: '2026-03-15T00:00:00Z', previous: { status: 'trialing' } });
const behind = event({
  eventId: 'evt_9',
  at: '2026-04-01T00:00:00Z',
  status: 'past_due',
  latestInvoice: 'in_2',
  previous: { status: 'active', latest_invoice: 'in_1' },
});
const paid = event({
  eventId: 'evt_1',
  at: '2026-04-01T00:00:00Z',
  latestInvoice: 'in_2',
  previous: { status: 'past_due' },
});
const deleted = event({ eventId: 'evt_4', at: '2026-05-01T00:00:00Z', type: 'deleted', status: 'canceled' });
const late = event({ eventId: 'evt_5', at: '2026-05-02T00:00:00Z', status: 'active' });

/** One event after the other, each with what is stored of its second: as they come in. */
function arriving(events: readonly TimedSubscriptionEvent[]) {
  const stored: TimedSubscriptionEvent[] = [];
  return events.reduce((row, arrived) => {
    stored.push(arrived);
    const second = stored.filter((other) => other.created?.getTime() === arrived.created?.getTime());
    return foldSubscription(row, second).subscription;
  }, aRow());
}

describe('The fold of a subscription', () => {
  it('ends alike, whatever the order of arrival and the batches', () => {
    const all = [created, active, behind, paid];
    const expected = foldSubscription(aRow(), all).subscription;
    expect(expected).toMatchObject({ status: 'active', asOfEventId: 'evt_1' });
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
        expect(arriving(order)).toEqual(expected);
        expect(foldSubscription(aRow(), order).subscription).toEqual(expected);
      }),
    );
  });

  it('takes deletion for final, also before an update that is newer', () => {
    for (const order of [
      [deleted, late],
      [late, deleted],
    ])
      expect(arriving(order)).toMatchObject({ isDeleted: true, status: 'canceled', asOfEventId: 'evt_4' });
  });

  it('takes an event without a time for the oldest', () => {
    const timeless = event({ eventId: 'evt_0', at: null, status: 'paused' });
    expect(arriving([created, timeless])).toMatchObject({ asOfEventId: 'evt_3' });
    expect(arriving([timeless])).toMatchObject({ asOfEventId: 'evt_0', status: 'paused' });
    expect(arriving([timeless, created])).toMatchObject({ asOfEventId: 'evt_3' });
  });

  it('keeps the moves of events that a newer one has overtaken', () => {
    const moved = event({
      eventId: 'evt_m',
      at: '2026-03-05T00:00:00Z',
      trialEnd: '2026-03-29',
      previous: { trial_end: instant('2026-03-15').getTime() / 1000 },
    });
    const fold = foldSubscription(arriving([active]), [moved]);
    expect(fold.subscription.asOfEventId).toBe('evt_2');
    expect(fold.news).toEqual([]);
    expect(fold.moves).toMatchObject([
      { eventId: 'evt_m', position: 0, from: instant('2026-03-15'), to: instant('2026-03-29') },
    ]);
  });

  it('numbers the moves of one second in its order', () => {
    const at = '2026-03-05T00:00:00Z';
    const raw = { billing_cycle_anchor: 1 };
    const [a, b, c] = ['2026-03-15', '2026-03-20', '2026-03-29'].map((day) => instant(day).getTime() / 1000);
    const first = event({ eventId: 'evt_z', at, raw, trialEnd: b!, previous: { trial_end: a } });
    const second = event({ eventId: 'evt_a', at, raw, trialEnd: c!, previous: { trial_end: b } });
    const { moves } = foldSubscription(aRow(), [second, first]);
    expect(moves.map(({ eventId, position }) => [eventId, position])).toEqual([
      ['evt_z', 0],
      ['evt_a', 1],
    ]);
  });
});

describe('What is news to the fold', () => {
  it('is the latest event, with its predecessor in fact order', () => {
    const { news } = foldSubscription(arriving([created]), [active]);
    expect(news).toMatchObject([
      {
        event: { id: 'evt_2' },
        before: { status: 'trialing', asOfEventId: 'evt_3' },
        after: { status: 'active', asOfEventId: 'evt_2' },
      },
    ]);
  });

  it("is told by the event's own word where its predecessor has not come", () => {
    expect(foldSubscription(aRow(), [active]).news).toMatchObject([{ before: { status: 'trialing' } }]);
  });

  it('is the last of one second, and its predecessor the one before it', () => {
    const { news } = foldSubscription(arriving([created]), [paid, behind]);
    expect(news.at(-1)).toMatchObject({ event: { id: 'evt_1' }, before: { status: 'past_due' } });
  });

  it('is each of several that are folded together, as if they had been folded one by one', () => {
    const { news } = foldSubscription(arriving([created]), [paid, active, behind]);
    expect(news.map(({ event: { id }, before, after }) => [id, before?.status, after.status])).toEqual([
      ['evt_2', 'trialing', 'active'],
      ['evt_9', 'active', 'past_due'],
      ['evt_1', 'past_due', 'active'],
    ]);
  });

  it('is nothing for an event that comes again, or that a newer one has overtaken', () => {
    expect(foldSubscription(arriving([active]), [active]).news).toEqual([]);
    expect(foldSubscription(arriving([active]), [created]).news).toEqual([]);
  });

  it('is nothing for one that is folded together with a newer one which came first', () => {
    const early = { ...paid, receivedAt: instant('2026-05-31') };
    const { news } = foldSubscription(arriving([created]), [active, behind, early]);
    expect(news).toMatchObject([{ event: { id: 'evt_1' }, before: { status: 'past_due' } }]);
  });

  it('is nothing for one that turns out to be the first of its second', () => {
    expect(foldSubscription(arriving([paid]), [behind, paid]).news).toEqual([]);
  });
});
