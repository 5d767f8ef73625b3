import type { Dice } from './dice.js';
import type { Customer, SimulateOptions } from './plan.js';

type LifeEvent = Customer['life']['events'][number];

const DUPLICATED = { none: 0, low: 0.05, high: 0.3 } as const;

/** Everything that is posted, in the order of posting: Stripe's own, or late, twice and in any order. */
export function disordered(
  customers: readonly Customer[],
  disorder: SimulateOptions['disorder'],
  dice: Dice,
): LifeEvent[] {
  const events = customers.flatMap(({ life }) => life.events).toSorted((a, b) => a.created - b.created);
  const all = [...events, ...events.filter(() => dice.isLucky(DUPLICATED[disorder]))];
  if (disorder === 'none') return all;
  return disorder === 'high' ? dice.shuffled(all) : shuffledNearby(all, dice);
}

const NEARBY = 10;

/** Only neighbours change places. */
function shuffledNearby(events: readonly LifeEvent[], dice: Dice): LifeEvent[] {
  const groups = Array.from({ length: Math.ceil(events.length / NEARBY) }, (_none, index) =>
    events.slice(index * NEARBY, (index + 1) * NEARBY),
  );
  return groups.flatMap((group) => dice.shuffled(group));
}
