import { aStripeEvent, aSubscription, type Life, lifeOf, type LifeSpec } from '@renewal-ledger/sdk/testing';
import fc from 'fast-check';
import { plansOf } from '../../src/ledger/plans.js';
import type { IntentRecord, SubscriptionRecord } from '../../src/ledger/records.js';
import { selectList, toRecords } from '../../src/ledger/rows.js';
import { intentTable, subscriptionTable } from '../../src/ledger/tables.js';
import { INTENT_UUID } from './builders.js';
import type { TestLedger } from './ledger.js';

/** Something that happens to the ledger: an event of Stripe's, or a call of another service. */
export type Step =
  | { readonly kind: 'event'; readonly event: object }
  | { readonly kind: 'intent' }
  | { readonly kind: 'renewal'; readonly number: number; readonly names: boolean }
  /** Whoever processes renewals has come round. */
  | { readonly kind: 'process' };

export interface Story {
  readonly life: Life;
  /** In the order in which all of it really happened. */
  readonly steps: readonly Step[];
}

const SUBSCRIPTION = 'sub_convergence';

const spec = fc.record({
  layout: fc.constantFrom('basil', 'legacy', 'mixed'),
  trial: fc.constantFrom(0, 14),
  cycle: fc.constantFrom('month', 'year'),
  cycles: fc.integer({ min: 1, max: 3 }),
  failing: fc.subarray([1, 2, 3]),
  reissued: fc.subarray([1, 2, 3]),
  upgraded: fc.subarray([1, 2, 3]),
  canceled: fc.boolean(),
});

/** The life of a subscription, with its intent and its renewals; some name the subscription, others leave it to the rules. */
export const stories: fc.Arbitrary<Story> = fc
  .record({ spec, reinstated: fc.boolean(), names: fc.boolean() })
  .map(({ spec: chosen, reinstated, names }) => {
    const life = lifeOf(SUBSCRIPTION, { ...(chosen as LifeSpec), metadata: { checkout_intent_uuid: INTENT_UUID } });
    const extra = reinstated ? secondThoughts(life) : [];
    const events = [...life.events, ...extra].toSorted((a, b) => a.created - b.created);
    const renewals = life.renewals.map((_renewal, number): Step => ({ kind: 'renewal', number, names }));
    const told = { [fc.toStringMethod]: () => JSON.stringify({ ...chosen, reinstated, names }) };
    return {
      ...told,
      life,
      steps: [{ kind: 'intent' }, ...renewals, ...events.map((event): Step => ({ kind: 'event', event }))],
    };
  });

/** The same steps late, twice and in any order; what another service calls keeps its own order. */
export function disordered(story: Story): fc.Arbitrary<Step[][]> {
  const calls = story.steps.filter(({ kind }) => kind !== 'event');
  const events = story.steps.filter(({ kind }) => kind === 'event');
  return fc
    .record({
      events: fc.shuffledSubarray(events, { minLength: events.length }),
      twice: fc.subarray(events, { maxLength: Math.min(8, events.length) }),
      places: fc.array(fc.nat({ max: events.length }), { minLength: calls.length + 2, maxLength: calls.length + 2 }),
      sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 10 }),
    })
    .map(({ events: shuffled, twice, places, sizes }) => {
      const [first = 0, second = 0, ...rest] = places;
      const all: Step[] = [...shuffled, ...twice];
      all.splice(first, 0, { kind: 'process' });
      all.splice(second, 0, { kind: 'process' });
      rest.toSorted((a, b) => b - a).forEach((place, index) => all.splice(place, 0, calls[calls.length - 1 - index]!));
      return inBatches(all, sizes);
    });
}

/** Plays batches two at a time, as two workers would, and then lets everything finish. */
export async function play(ledger: TestLedger, story: Story, batches: readonly (readonly Step[])[]): Promise<unknown> {
  await ledger.empty();
  for (let index = 0; index < batches.length; index += 2) {
    await Promise.all(batches.slice(index, index + 2).map((batch) => playBatch(ledger, story, batch)));
  }
  await processPaid(ledger);
  return snapshot(ledger);
}

async function playBatch(ledger: TestLedger, story: Story, batch: readonly Step[]): Promise<void> {
  const events = batch.flatMap((step) => (step.kind === 'event' ? [step.event] : []));
  if (events.length > 0)
    await ledger.record(...new Map(events.map((event) => [(event as { id: string }).id, event])).values());
  for (const step of batch) {
    if (step.kind === 'intent') await ledger.intent();
    if (step.kind === 'renewal') await createRenewal(ledger, story, step);
    if (step.kind === 'process') await processPaid(ledger);
  }
}

/** Idempotent, as its callers are: the intent is made first where it is not there. */
async function createRenewal(
  ledger: TestLedger,
  { life }: Story,
  { number, names }: Extract<Step, { kind: 'renewal' }>,
): Promise<void> {
  await ledger.renewal(await ledger.intent(), {
    subscriptionPlanRenewalId: `renewal-${number}`,
    renewedSubscriptionPlanUuid: planUuid(number),
    effectiveDate: new Date(life.renewals[number]!.effectiveDate * 1000),
    ...(names && { stripeSubscriptionId: SUBSCRIPTION }),
  });
}

async function processPaid(ledger: TestLedger): Promise<void> {
  for (const { object } of await ledger.raised('renewal.paid')) {
    await ledger.markRenewalProcessed(String(object['renewalId']), 'processor').catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 'LINK_CONFLICT') throw error;
    });
  }
}

async function snapshot(ledger: TestLedger): Promise<unknown> {
  const [intent] = toRecords<IntentRecord>(
    intentTable,
    await ledger.db.sql(`select ${selectList(intentTable)} from checkout_intent`),
  );
  const [subscription] = toRecords<SubscriptionRecord>(
    subscriptionTable,
    await ledger.db.sql(`select ${selectList(subscriptionTable)} from subscription`),
  );
  const renewals = (await ledger.renewals()).map((renewal) => ({
    ...renewal,
    id: renewal.subscriptionPlanRenewalId,
    intentId: '',
  }));
  const invoices = await ledger.db.sql(
    `select id, status, total, amount_paid, period_start, period_end, outcome, is_linked, paid_at, as_of, as_of_event_id from invoice order by id`,
  );
  const received = (await ledger.raised('payment.received')).map(({ id }) => id).toSorted();
  const { state, customerId } = intent!;
  return {
    intent: { state, customerId },
    subscription: { ...subscription, intentId: '' },
    invoices,
    renewals: renewals
      .map(({ processedAt, ...renewal }) => ({ ...renewal, isProcessed: processedAt !== null }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    received,
    paid: (await ledger.raised('renewal.paid'))
      .map(({ object }) => `${String(object['subscriptionPlanRenewalId'])} by ${String(object['stripeInvoiceId'])}`)
      .toSorted(),
    plans: plansOf(subscription!, intent!, await ledger.renewals()).toSorted((a, b) =>
      a.planUuid < b.planUuid ? -1 : 1,
    ),
  };
}

/** A cancellation that is asked for and taken back, in the middle of the first period. */
function secondThoughts(life: Life) {
  const [first] = life.events;
  const subscription = first!.data.object as { customer: string; created: number };
  const at = subscription.created + 86_400;
  const end = life.renewals[0]?.effectiveDate ?? at + 86_400;
  const common = {
    id: SUBSCRIPTION,
    customer: subscription.customer,
    metadata: { checkout_intent_uuid: INTENT_UUID },
    created: subscription.created,
    status: 'active',
    currentPeriodStart: subscription.created,
    currentPeriodEnd: end,
  };
  const asked = aSubscription({ ...common, cancelAtPeriodEnd: true, cancelAt: end });
  const taken = aSubscription(common);
  const type = 'customer.subscription.updated';
  return [
    aStripeEvent(type, asked, { created: at, previousAttributes: { cancel_at_period_end: false, cancel_at: null } }),
    aStripeEvent(type, taken, { created: at, previousAttributes: { cancel_at_period_end: true, cancel_at: end } }),
  ];
}

function inBatches(steps: readonly Step[], sizes: readonly number[]): Step[][] {
  const batches: Step[][] = [];
  for (let start = 0, turn = 0; start < steps.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    batches.push(steps.slice(start, start + size));
    start += size;
  }
  return Object.assign(batches, {
    [fc.toStringMethod]: () => batches.map((batch) => batch.map(nameOf).join(' ')).join(' | '),
  });
}

function nameOf(step: Step): string {
  if (step.kind !== 'event') return step.kind === 'renewal' ? `renewal:${step.number}` : step.kind;
  const { type, id } = step.event as { type: string; id: string };
  return `${type}:${id.slice(-4)}`;
}

function planUuid(number: number): string {
  return `00000000-0000-4000-8000-00000000000${number + 1}`;
}

export const orderly = (story: Story): Step[][] => story.steps.map((step) => [step]);
