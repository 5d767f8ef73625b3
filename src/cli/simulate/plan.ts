import { createHash } from 'node:crypto';
import { type Life, lifeOf, type LifeSpec } from '@renewal-ledger/sdk/testing';
import type { Dice } from './dice.js';

export interface SimulateOptions {
  readonly customers: number;
  readonly seed: number;
  readonly disorder: 'none' | 'low' | 'high';
}

/** A customer as the simulation will play it: what it tells the ledger, and what Stripe will post. */
export interface Customer {
  readonly name: string;
  readonly intentUuid: string;
  readonly stripeCustomerId: string;
  readonly life: Life;
  readonly renewals: readonly PlannedRenewal[];
}

export interface PlannedRenewal {
  readonly subscriptionPlanRenewalId: string;
  readonly priorSubscriptionPlanUuid: string;
  readonly renewedSubscriptionPlanUuid: string;
  readonly effectiveDate: Date;
}

const DAY_SECONDS = 86_400;
const FIRST_START = Date.UTC(2025, 0, 15, 9, 30) / 1000;

/** The same options give the same customers, ids included. */
export function planCustomers({ customers, seed }: SimulateOptions, dice: Dice): Customer[] {
  return Array.from({ length: customers }, (_none, index) => planCustomer(`sim-${seed}-${index + 1}`, dice));
}

function planCustomer(name: string, dice: Dice): Customer {
  const intentUuid = uuidOf(`${name}:intent`);
  const stripeCustomerId = `cus_${shortOf(name)}`;
  const spec = { ...planLife(dice), customer: stripeCustomerId, metadata: { checkout_intent_uuid: intentUuid } };
  const life = lifeOf(`sub_${shortOf(name)}`, spec);
  const planOf = (number: number) => uuidOf(`${name}:plan:${number}`);
  const renewals = life.renewals.map(({ effectiveDate }, index) => ({
    subscriptionPlanRenewalId: `${name}-renewal-${index + 1}`,
    priorSubscriptionPlanUuid: planOf(index),
    renewedSubscriptionPlanUuid: planOf(index + 1),
    effectiveDate: new Date(effectiveDate * 1000),
  }));
  return { name, intentUuid, stripeCustomerId, life, renewals };
}

/** A trial of two weeks and one or two years, as most; now and then a failed payment, a re-issue, an upgrade, an end. */
function planLife(dice: Dice): LifeSpec {
  const cycles = dice.upTo(2);
  const cycle = dice.upTo(cycles);
  return {
    layout: dice.isLucky(0.3) ? 'mixed' : 'basil',
    start: new Date((FIRST_START + dice.upTo(120) * DAY_SECONDS) * 1000),
    trial: 14,
    cycle: 'year',
    cycles,
    ...(dice.isLucky(0.15) && { failing: [cycle] }),
    ...(dice.isLucky(0.08) && { reissued: [cycle] }),
    ...(dice.isLucky(0.1) && { upgraded: [cycle] }),
    ...(dice.isLucky(0.1) && { canceled: true }),
  };
}

function shortOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 20);
}

function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
