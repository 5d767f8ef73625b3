import { setTimeout as pause } from 'node:timers/promises';
import { createDice } from '../../src/cli/simulate/dice.js';
import { disordered } from '../../src/cli/simulate/disorder.js';
import { type Customer, planCustomers } from '../../src/cli/simulate/plan.js';
import { introduce } from '../../src/cli/simulate/play.js';
import { createServiceClient, type ServiceClient, ServiceCallError } from '../../src/cli/simulate/service-client.js';

export interface LoadOptions {
  readonly seed: number;
  readonly perSecond: number;
  /** The service as it can be reached now. */
  readonly address: () => Parameters<typeof createServiceClient>[0];
  /** No life is begun after it; those that were are played to their end. */
  readonly over: AbortSignal;
}

export interface Load {
  readonly customers: Customer[];
  /** Ids of events that were answered 200, once or more. */
  readonly acknowledged: Set<string>;
  /** Requests that were refused, or not answered, and so made again. */
  repeated: number;
  /** Why the last of them was. */
  lastRefusal: string;
}

const LANES = 8;
/** Longer than any process or database is away. */
const PATIENCE_MS = 120_000;

/** Plays whole lives, each in disorder and some introduced late, and repeats whatever is not acknowledged, as Stripe does. */
export async function runLoad(options: LoadOptions, load: Load): Promise<void> {
  let begun = 0;
  const pace = createPace(options.perSecond);
  const lane = async (): Promise<void> => {
    while (!options.over.aborted) await playOne(options, load, { number: (begun += 1), pace });
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

interface Turn {
  readonly number: number;
  readonly pace: () => Promise<void>;
}

async function playOne(options: LoadOptions, load: Load, { number, pace }: Turn): Promise<void> {
  const seed = options.seed * 100_000 + number;
  const dice = createDice(seed);
  const customers = planCustomers({ customers: 1, seed, disorder: 'high' }, dice);
  load.customers.push(...customers);
  const isLate = dice.isLucky(0.25);
  const introduced = () => until(options, load, (client) => introduce(client, customers[0]!));
  if (!isLate) await introduced();
  for (const event of disordered(customers, 'high', dice)) {
    await pace();
    await until(options, load, (client) => client.post(event));
    load.acknowledged.add(event.id);
  }
  if (isLate) await introduced();
}

async function until(
  { address }: LoadOptions,
  load: Load,
  attempt: (client: ServiceClient) => Promise<unknown>,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return void (await attempt(createServiceClient(address())));
    } catch (error) {
      if (!(error instanceof ServiceCallError) || performance.now() > deadline) throw error;
      load.repeated += 1;
      load.lastRefusal = error.message;
    }
    await pause(100);
  }
}

/** At most so many a second, over all lanes; what was missed while nothing could be reached is not made up for. */
function createPace(perSecond: number): () => Promise<void> {
  let next = performance.now();
  return async () => {
    const now = performance.now();
    next = Math.max(next, now) + 1000 / perSecond;
    await pause(next - now);
  };
}
