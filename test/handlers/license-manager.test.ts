import { randomUUID } from 'node:crypto';
import { aStripeEvent, aSubscription, type Life, lifeOf } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type LicenseManagerStandIn, startLicenseManager } from '../support/license-manager.js';
import { startService, type TestService } from '../support/service.js';

const PROCESSOR = 'LicenseManagerHandlers.process';

let manager: LicenseManagerStandIn;
let service: TestService;

beforeAll(async () => {
  manager = await startLicenseManager();
  service = await startService({ licenseManager: { url: manager.url, token: 'a-token' } });
});

afterAll(async () => {
  await service.stop();
  await manager.stop();
});

beforeEach(() => {
  manager.behave();
  manager.calls.length = 0;
});

interface Played {
  readonly life: Life;
  readonly plan: string;
  readonly renewalId: string;
  readonly subscriptionPlanRenewalId: string;
}

let introduced = 0;

/** An intent with the first renewal of a life of one year after a trial; its events are posted by the test. */
async function introduce(stripeCustomerId: string | null = null): Promise<Played> {
  const name = `${(introduced += 1)}`.padStart(4, '0');
  const uuid = randomUUID();
  const plan = randomUUID();
  const life = lifeOf(`sub_license${name}`, { cycles: 1, metadata: { checkout_intent_uuid: uuid } });
  const intent = await mutate(
    'mutation ($input: CreateCheckoutIntentInput!) { createCheckoutIntent(input: $input) { id } }',
    {
      uuid,
      stripeCustomerId,
    },
  );
  const subscriptionPlanRenewalId = `license-${name}`;
  const { id: renewalId } = await mutate(
    'mutation ($input: CreateRenewalInput!) { createRenewal(input: $input) { id } }',
    {
      checkoutIntentId: intent.id,
      subscriptionPlanRenewalId,
      renewedSubscriptionPlanUuid: plan,
      effectiveDate: new Date(life.renewals[0]!.effectiveDate * 1000).toISOString(),
    },
  );
  return { life, plan, renewalId, subscriptionPlanRenewalId };
}

async function mutate(query: string, input: object): Promise<{ id: string }> {
  const { json } = await service.graphql(query, { input });
  expect(json.errors).toBeUndefined();
  return Object.values(json.data)[0] as { id: string };
}

async function postAll(events: readonly object[]): Promise<void> {
  for (const event of events) expect((await service.post(event)).status).toBe(200);
  await service.dispatcher!.idle({ withinMs: 25_000 });
}

const renewalOf = async ({ renewalId }: Played) =>
  (
    await service.graphql('query ($id: ID!) { renewal(id: $id) { state processedAt stripeInvoiceId } }', {
      id: renewalId,
    })
  ).json.data.renewal;

const processCalls = ({ subscriptionPlanRenewalId }: Played) =>
  manager.calls.filter(({ path }) =>
    path.endsWith(`/subscription-plan-renewals/${subscriptionPlanRenewalId}/process/`),
  );

/** The subscription's state from now on, as Stripe would tell it after everything else. */
function subscriptionIs(status: string, { life }: Played, after: number): object {
  const created = life.events.at(-1)!.created + after;
  const { metadata = {} } = life.spec;
  const end = life.renewals[0]!.effectiveDate + 366 * 86_400;
  const subscription = aSubscription({
    id: life.subscription,
    customer: customerOf(life.events[0]!),
    status,
    metadata,
    currentPeriodStart: created,
    currentPeriodEnd: end,
  });
  return aStripeEvent('customer.subscription.updated', subscription, { created });
}

async function processedOnce(played: Played): Promise<void> {
  await eventually(async () => expect((await renewalOf(played)).state).toBe('PROCESSED'), { withinMs: 25_000 });
  await service.dispatcher!.idle();
  expect(manager.processed.get(played.subscriptionPlanRenewalId)).toBe(1);
}

describe('a paid renewal', () => {
  it('is processed downstream with its idempotency key, and its plan is activated', async () => {
    const played = await introduce();
    await postAll(played.life.events);
    await processedOnce(played);
    expect(processCalls(played)).toMatchObject([
      { method: 'POST', idempotencyKey: `process:${played.renewalId}`, authorization: 'Bearer a-token' },
    ]);
    await eventually(async () => expect(manager.plans.get(played.plan)).toBe(true), { withinMs: 10_000 });
    const { json } = await service.graphql('{ events(filter: { type: ["renewal.processed"] }) { nodes { id } } }');
    expect(json.data.events.nodes.map(({ id }: { id: string }) => id)).toContain(
      `renewal.processed:${played.renewalId}`,
    );
  });

  it.each([
    ['fails with 500', { kind: 'fail', status: 500 }],
    ['answers 409 for another reason', { kind: 'fail', status: 409, body: '{"detail":"locked"}' }],
    ['loses its answer', { kind: 'lose-answer' }],
    ['hangs', { kind: 'hang' }],
  ] as const)('is processed once by the same key where the license manager %s', async (_what, behaviour) => {
    const played = await introduce();
    manager.behave(behaviour);
    await postAll(played.life.events);
    await processedOnce(played);
    const keys = processCalls(played).map(({ idempotencyKey }) => idempotencyKey);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys)).toEqual(new Set([`process:${played.renewalId}`]));
  });

  it.each(['already processed', 'ALREADY_PROCESSED', 'This renewal has already been processed.'])(
    'is processed where the license manager answers 409 with %j',
    async (detail) => {
      const played = await introduce();
      manager.behave({ kind: 'fail', status: 409, body: JSON.stringify({ detail }) });
      await postAll(played.life.events);
      await eventually(async () => expect((await renewalOf(played)).state).toBe('PROCESSED'), { withinMs: 25_000 });
      expect(processCalls(played)).toHaveLength(1);
      await eventually(async () => expect(manager.plans.get(played.plan)).toBe(true), { withinMs: 10_000 });
    },
  );

  it('is processed once where the license manager answers late', async () => {
    const played = await introduce();
    manager.behave({ kind: 'late', ms: 1_500 });
    await postAll(played.life.events);
    await processedOnce(played);
    expect(processCalls(played)).toHaveLength(1);
  });

  it('is processed once where every event comes twice and in the wrong order', async () => {
    const played = await introduce();
    await postAll([...played.life.events, ...played.life.events].toReversed());
    await processedOnce(played);
    expect(manager.processed.get(played.subscriptionPlanRenewalId)).toBe(1);
  });

  it('is dead with the last answer where the license manager never gives in, and is finished by a replay', async () => {
    const played = await introduce();
    manager.behave(
      ...Array.from({ length: 50 }, () => ({ kind: 'fail', status: 422, body: '{"detail":"no such plan"}' }) as const),
    );
    await postAll(played.life.events);
    const eventId = `renewal.paid:${played.renewalId}:${played.life.renewals[0]!.invoice}`;
    await service.db.sql(
      "update delivery set tries = 15, next_try_at = now() where event_id = $1 and handler = $2 and state <> 'DONE'",
      [eventId, PROCESSOR],
    );
    const { json: woken } = await service.graphql(
      'mutation ($id: ID!) { unlinkInvoice(input: { renewalId: $id, reason: "wrong" }) { id } }',
      { id: played.renewalId },
    );
    expect(woken.errors[0].extensions.code).toBe('LINK_CONFLICT');
    await eventually(
      async () => {
        await service.dispatcher!.sweep();
        expect(await deliveryOf(eventId)).toMatchObject({ state: 'DEAD' });
      },
      { withinMs: 20_000 },
    );
    expect((await deliveryOf(eventId)).last_error).toContain('no such plan');
    manager.behave();
    await service.graphql('mutation ($ids: [ID!]) { replayEvents(input: { ids: $ids }) { replayed } }', {
      ids: [eventId],
    });
    await processedOnce(played);
  });
});

async function deliveryOf(eventId: string): Promise<{ state: string; last_error: string | null }> {
  const [row] = await service.db.sql<{ state: string; last_error: string | null }>(
    'select state, last_error from delivery where event_id = $1 and handler = $2',
    [eventId, PROCESSOR],
  );
  return row!;
}

describe('a plan', () => {
  it('is off while its subscription is behind, on when it is paid again, and off when it has ended', async () => {
    const played = await introduce();
    await postAll(played.life.events);
    await processedOnce(played);
    await eventually(async () => expect(manager.plans.get(played.plan)).toBe(true), { withinMs: 10_000 });
    for (const [status, isActive, after] of [
      ['past_due', false, 10],
      ['active', true, 20],
      ['paused', false, 30],
      ['active', true, 40],
      ['canceled', false, 50],
    ] as const) {
      await postAll([subscriptionIs(status, played, after)]);
      await eventually(async () => expect(manager.plans.get(played.plan)).toBe(isActive), { withinMs: 10_000 });
    }
  });

  it('is set soon after another call for its subscription has ended, long before its lease would', async () => {
    const played = await introduce();
    await postAll(played.life.events);
    await processedOnce(played);
    await eventually(async () => expect(manager.plans.get(played.plan)).toBe(true), { withinMs: 10_000 });
    const { subscription } = played.life;
    const lease =
      'update subscription set plan_lease_until = now() + $2::interval, plan_lease_holder = $3 where id = $1';
    await service.db.sql(lease, [subscription, '30 s', 'another']);
    await postAll([subscriptionIs('past_due', played, 10)]);
    await eventually(async () => {
      const met = "select from delivery where last_error like 'Another call%' and state = 'RETRYING'";
      expect(await service.db.sql(met)).toHaveLength(1);
    });
    await service.db.sql(lease, [subscription, '0 s', null]);
    await eventually(async () => expect(manager.plans.get(played.plan)).toBe(false), { withinMs: 10_000 });
  });

  it('stays on where a stale change (off) is tried again after the recovery (on)', async () => {
    const played = await introduce();
    await postAll(played.life.events);
    await processedOnce(played);
    await eventually(async () => expect(manager.plans.get(played.plan)).toBe(true), { withinMs: 10_000 });
    manager.behave({ kind: 'fail', status: 500 });
    await postAll([subscriptionIs('past_due', played, 10)]);
    await postAll([subscriptionIs('active', played, 20)]);
    await eventually(
      async () => {
        const [{ count }] = (await service.db.sql(
          "select count(*)::int as count from delivery where state in ('PENDING', 'RETRYING') and handler like 'LicenseManager%'",
        )) as [{ count: number }];
        expect(count).toBe(0);
      },
      { withinMs: 20_000 },
    );
    expect(manager.plans.get(played.plan)).toBe(true);
  });
});

it('calls nothing for a foreign customer', async () => {
  const played = await introduce('cus_of_the_intent');
  await postAll(played.life.events);
  expect((await renewalOf(played)).stripeInvoiceId).toBeNull();
  expect(processCalls(played)).toEqual([]);
  const { json } = await service.graphql('query ($id: ID!) { event(id: $id) { type } }', {
    id: `attention.needed:FOREIGN_CUSTOMER:${played.life.subscription}`,
  });
  expect(json.data.event).toEqual({ type: 'attention.needed' });
});

function customerOf(event: { data: { object: unknown } }): string {
  return (event.data.object as { customer: string }).customer;
}
