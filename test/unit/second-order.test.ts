import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderSecond, type SubscriptionEvent, undo } from '../../src/ledger/second-order.js';

type Fields = Readonly<Record<string, unknown>>;

function updated(id: string, object: Fields, previous: Fields | null = null): SubscriptionEvent {
  return { id, type: 'customer.subscription.updated', object, previous };
}

const ordered = (events: readonly SubscriptionEvent[]) => orderSecond(events).map(({ id }) => id);

/** Each arrival order of the events must give the one order. */
function expectOrder(events: readonly SubscriptionEvent[], ids: readonly string[]): void {
  fc.assert(
    fc.property(fc.shuffledSubarray([...events], { minLength: events.length }), (arrived) => {
      expect(ordered(arrived)).toEqual(ids);
    }),
    { numRuns: 30 },
  );
}

describe('The events of one second', () => {
  it('begin with the creation and end with the deletion, whatever their ids', () => {
    const state = { status: 'active' };
    const created = { id: 'evt_3', type: 'customer.subscription.created', object: state, previous: null };
    const deleted = { id: 'evt_1', type: 'customer.subscription.deleted', object: state, previous: null };
    expectOrder([deleted, updated('evt_2', state), created], ['evt_3', 'evt_2', 'evt_1']);
  });

  it('are chained by what each says was there before it', () => {
    const chain = [
      updated('evt_c', { status: 'past_due', quantity: 1 }, { status: 'active' }),
      updated('evt_a', { status: 'active', quantity: 1 }, { status: 'past_due' }),
      updated('evt_b', { status: 'active', quantity: 2 }, { quantity: 1 }),
    ];
    expectOrder(chain, ['evt_c', 'evt_a', 'evt_b']);
  });

  it('start their chain at the creation', () => {
    const created = {
      id: 'evt_z',
      type: 'customer.subscription.created',
      object: { status: 'incomplete' },
      previous: null,
    };
    const chain = [
      updated('evt_b', { status: 'active' }, { status: 'incomplete' }),
      updated('evt_a', { status: 'past_due' }, { status: 'active' }),
    ];
    expectOrder([created, ...chain], ['evt_z', 'evt_b', 'evt_a']);
  });

  it('are chained among themselves where nothing fits the creation', () => {
    const created = {
      id: 'evt_z',
      type: 'customer.subscription.created',
      object: { status: 'incomplete', latest_invoice: null },
      previous: null,
    };
    const chain = [
      updated('evt_b', { status: 'active', latest_invoice: 'in_1' }, { status: 'incomplete' }),
      updated('evt_a', { status: 'past_due', latest_invoice: 'in_1' }, { status: 'active' }),
    ];
    expectOrder([created, ...chain], ['evt_z', 'evt_b', 'evt_a']);
  });

  it('take a field that is null before, and was absent, for the same', () => {
    const chain = [
      updated('evt_b', { metadata: {}, quantity: 2 }, { quantity: 1 }),
      updated('evt_a', { metadata: { team: 'red' }, quantity: 2 }, { metadata: { team: null } }),
    ];
    expectOrder(chain, ['evt_b', 'evt_a']);
  });

  it('go by their ids where no chain holds them all', () => {
    const strangers = [
      updated('evt_b', { status: 'active' }, { status: 'past_due' }),
      updated('evt_a', { status: 'paused' }, { status: 'trialing' }),
    ];
    expectOrder(strangers, ['evt_a', 'evt_b']);
  });

  it('go by their ids where chains end in different states', () => {
    const circle = [
      updated('evt_b', { status: 'active' }, { status: 'past_due' }),
      updated('evt_a', { status: 'past_due' }, { status: 'active' }),
    ];
    expectOrder(circle, ['evt_a', 'evt_b']);
  });

  it('may be chained in several ways that end alike', () => {
    const same = { status: 'active', quantity: 2 };
    const chain = [updated('evt_c', same, { quantity: 1 }), updated('evt_a', same), updated('evt_b', same)];
    expect(orderSecond(chain)[0]?.id).toBe('evt_c');
    expect(orderSecond(chain.toReversed())[0]?.id).toBe('evt_c');
  });

  it('go by their ids where they are too many to try', () => {
    const many = Array.from({ length: 9 }, (_, index) =>
      updated(`evt_${9 - index}`, { quantity: index + 1 }, { quantity: index }),
    );
    expect(ordered(many)).toEqual(many.map(({ id }) => id).toSorted());
  });
});

describe('Undoing a change', () => {
  it.each([
    ['puts a value back', { status: 'active' }, { status: 'past_due' }, { status: 'past_due' }],
    [
      'merges objects field by field',
      { items: { total: 2, url: '/' } },
      { items: { total: 1 } },
      { items: { total: 1, url: '/' } },
    ],
    ['replaces lists', { items: { data: [1, 2] } }, { items: { data: [3] } }, { items: { data: [3] } }],
    ['puts null back', { cancel_at: 5 }, { cancel_at: null }, { cancel_at: null }],
    ['changes nothing where nothing is named', { status: 'active' }, null, { status: 'active' }],
  ] as const)('%s', (_what, object, previous, before) => {
    expect(undo(updated('evt', object, previous))).toEqual(before);
  });
});
