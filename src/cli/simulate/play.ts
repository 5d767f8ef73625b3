import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Progress } from '../progress.js';
import type { Dice } from './dice.js';
import { disordered } from './disorder.js';
import type { Customer, SimulateOptions } from './plan.js';
import type { ServiceClient } from './service-client.js';

export interface PlayedRenewal {
  readonly customer: string;
  readonly id: string;
  readonly state: string;
  readonly effectiveDate: string | null;
  readonly stripeInvoiceId: string | null;
}

export interface Played {
  readonly sent: number;
  readonly duplicate: number;
  readonly renewals: readonly PlayedRenewal[];
}

const CALLS_AT_ONCE = 8;
const POSTS_AT_ONCE = 16;
const PATIENCE_MS = 120_000;

/** Plays the customers' lives: some tell the ledger of themselves only after Stripe has, where there is disorder. */
export async function play(
  client: ServiceClient,
  customers: readonly Customer[],
  {
    disorder,
    dice,
    progress,
  }: Pick<SimulateOptions, 'disorder'> & { readonly dice: Dice; readonly progress: Progress },
): Promise<Played> {
  const isLate = new Map(customers.map((customer) => [customer, disorder !== 'none' && dice.isLucky(0.25)]));
  const events = disordered(customers, disorder, dice);
  const early = customers.filter((customer) => isLate.get(customer) === false);
  await progress.each(
    'Checkout intents and renewals',
    early,
    inLanes(CALLS_AT_ONCE, (customer) => introduce(client, customer)),
  );
  let duplicate = 0;
  const post = async (event: object): Promise<void> => {
    if (await client.post(event)) duplicate += 1;
  };
  await progress.each('Webhooks', events, inLanes(POSTS_AT_ONCE, post));
  const late = customers.filter((customer) => isLate.get(customer) === true);
  await progress.each(
    'Those that come late',
    late,
    inLanes(CALLS_AT_ONCE, (customer) => introduce(client, customer)),
  );
  await untilHandled(client);
  const renewals = await Promise.all(
    customers.map(inLanes(CALLS_AT_ONCE, (customer) => readRenewals(client, customer))),
  );
  return { sent: events.length, duplicate, renewals: renewals.flat() };
}

function inLanes<Item, Result>(most: number, work: (item: Item) => Promise<Result>): (item: Item) => Promise<Result> {
  const limit = pLimit(most);
  return (item) => limit(() => work(item));
}

/** Tells the ledger of a customer: its checkout intent and its renewals. A repeat changes nothing. */
export async function introduce(
  client: ServiceClient,
  { intentUuid, name, stripeCustomerId, life, renewals }: Customer,
): Promise<void> {
  const { createCheckoutIntent } = await client.graphql<{ createCheckoutIntent: { id: string } }>(
    'mutation ($input: CreateCheckoutIntentInput!) { createCheckoutIntent(input: $input) { id } }',
    { input: { uuid: intentUuid, enterpriseName: name, enterpriseSlug: name, stripeCustomerId, quantity: 10 } },
  );
  for (const renewal of renewals) {
    await client.graphql('mutation ($input: CreateRenewalInput!) { createRenewal(input: $input) { id } }', {
      input: { ...renewal, checkoutIntentId: createCheckoutIntent.id, stripeSubscriptionId: life.subscription },
    });
  }
}

/** Until no event waits for its turn; those that wait for something, or failed, are left as they are. */
async function untilHandled(client: ServiceClient): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const query = '{ events(filter: { state: [PENDING] }, first: 1) { nodes { id } } }';
  for (;;) {
    const { events } = await client.graphql<{ events: { nodes: readonly unknown[] } }>(query);
    if (events.nodes.length === 0 || performance.now() > deadline) return;
    await pause(200);
  }
}

const RENEWALS = `query ($uuid: ID!) {
  checkoutIntent(uuid: $uuid) { renewals(first: 100) { nodes { id state effectiveDate stripeInvoiceId } } }
}`;

async function readRenewals(client: ServiceClient, { intentUuid, name }: Customer): Promise<PlayedRenewal[]> {
  const { checkoutIntent } = await client.graphql<{
    checkoutIntent: { renewals: { nodes: readonly Omit<PlayedRenewal, 'customer'>[] } } | null;
  }>(RENEWALS, { uuid: intentUuid });
  const nodes = checkoutIntent?.renewals.nodes ?? [];
  return nodes.map((renewal) => ({ customer: name, ...renewal })).toSorted((a, b) => Number(a.id) - Number(b.id));
}
