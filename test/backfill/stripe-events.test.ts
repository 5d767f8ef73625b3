import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { listedEvent, startStripeBackfills, type StripeBackfills } from '../support/stripe-backfills.js';
import type { StripeEventsStandIn } from '../support/stripe-events.js';
import type { TestService } from '../support/service.js';

let all: StripeBackfills;
let stripe: StripeEventsStandIn;
let service: TestService;
beforeAll(async () => {
  all = await startStripeBackfills();
  ({ stripe, service } = all);
});
afterAll(() => all.stop());
beforeEach(async () => {
  await all.clear();
  stripe.events = [5, 4, 3, 2, 1].map((number) => listedEvent(number));
});

const ids = async () =>
  (await service.db.sql<{ id: string }>("select id from event where source = 'STRIPE' order by id")).map(
    ({ id }) => id,
  );
const ALL = ['evt_1', 'evt_2', 'evt_3', 'evt_4', 'evt_5'];

describe('a backfill of Stripe events', () => {
  it('stores what is missing, page by page, and has it handled as if it had been delivered', async () => {
    await service.post(stripe.events[1] ?? {});
    expect(await all.backfill()).toMatchObject({ state: 'DONE', examined: 5, stored: 4, skipped: 1, failed: 0 });
    expect(await ids()).toEqual(ALL);
    await eventually(async () =>
      expect(await service.db.sql("select from event where source = 'STRIPE' and state <> 'HANDLED'")).toEqual([]),
    );
    expect(await all.backfill()).toMatchObject({ state: 'DONE', stored: 0, skipped: 5 });
  });

  it('asks, in turn, for each group of types that handlers take', async () => {
    stripe.events.push({ ...listedEvent(6), type: 'charge.succeeded' });
    expect(await all.backfill()).toMatchObject({ state: 'DONE', examined: 5 });
    expect(stripe.queries.map((query) => [query.get('type'), query.get('starting_after')])).toEqual([
      ['customer.subscription.*', null],
      ['invoice.*', null],
      ['invoice.*', 'evt_4'],
      ['invoice.*', 'evt_2'],
    ]);
    expect(await ids()).toEqual(ALL);
  });

  it('asks for the types and the time that it was given', async () => {
    const since = new Date((stripe.events[1]?.created ?? 0) * 1000).toISOString();
    expect(await all.backfill({ since, eventTypes: ['invoice.paid'] })).toMatchObject({ stored: 2 });
    expect(stripe.queries[0]?.get('types[0]')).toBe('invoice.paid');
  });

  it('asks only for what Stripe could not deliver, where it is told to', async () => {
    stripe.events = stripe.events.map((event) => ({ ...event, isDelivered: event.id !== 'evt_3' }));
    expect(await all.backfill({ deliverySuccess: false })).toMatchObject({ examined: 1, stored: 1 });
    expect(await ids()).toEqual(['evt_3']);
  });

  it('shows in a dry run what it would store, and stores nothing', async () => {
    const run = await all.backfill({ dryRun: true });
    expect(run).toMatchObject({ state: 'DONE', stored: 5 });
    expect(run.changes.nodes).toHaveLength(5);
    expect(await ids()).toEqual([]);
  });

  it('counts once what Stripe lists twice, because more happened meanwhile', async () => {
    let number = 5;
    stripe.afterPage = () => {
      if (number < 8) stripe.events.unshift(listedEvent((number += 1)));
    };
    const run = await all.backfill();
    expect(run).toMatchObject({ state: 'DONE', failed: 0 });
    expect(run.stored).toBe((await ids()).length);
    expect(await ids()).toEqual(expect.arrayContaining(ALL));
  });

  it('passes over what is no event', async () => {
    stripe.events = [...stripe.events, { ...listedEvent(6), id: 'x'.repeat(300) }];
    expect(await all.backfill()).toMatchObject({ state: 'DONE', stored: 5, failed: 1 });
  });
});

describe('a backfill that Stripe gets in the way of', () => {
  it('waits as long as Stripe asks, and goes on', async () => {
    stripe.fail({ status: 429, retryAfter: 1 }, { status: 429, retryAfter: 0 });
    const start = performance.now();
    expect(await all.backfill()).toMatchObject({ state: 'DONE', stored: 5 });
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  it('stays within 25 requests a second', async () => {
    stripe.perSecond = 26; // one for the edge of the second
    stripe.events = Array.from({ length: 80 }, (_, index) => listedEvent(100 - index));
    expect(await all.backfill()).toMatchObject({ state: 'DONE', stored: 80 });
    expect(stripe.refusedByLimit).toBe(0);
  });

  it('goes on when Stripe has failed for longer than its client tries', async () => {
    stripe.fail(500, 500, 500, 500, 500);
    expect(await all.backfill()).toMatchObject({ state: 'DONE', stored: 5, lastError: null });
  });

  it('ends where Stripe refuses, and says what to do', async () => {
    stripe.fail(401);
    expect(await all.backfill()).toMatchObject({
      state: 'FAILED',
      lastError: expect.stringMatching(/401.*STRIPE_API_KEY/),
    });
  });
});

it.each([
  ['checkoutIntentId', { kind: 'STRIPE_EVENTS', checkoutIntentId: '1' }],
  ['eventTypes', { kind: 'STRIPE_EVENTS', eventTypes: [] }],
  ['since', { kind: 'RENEWAL_LINKS', since: '2026-01-01T00:00:00Z' }],
  ['deliverySuccess', { kind: 'RENEWAL_LINKS', deliverySuccess: false }],
])('a backfill is refused with a sentence where %s does not fit its kind', async (field, input) => {
  const { json } = await service.graphql('mutation ($input: BackfillInput!) { startBackfill(input: $input) { id } }', {
    input,
  });
  expect(json.errors[0]).toMatchObject({
    message: expect.stringContaining(field),
    extensions: { code: 'BAD_USER_INPUT' },
  });
});

it('a walk that a worker left goes on where it had come to', async () => {
  const [run] = await service.db.sql<{ id: string }>(
    `insert into backfill (kind, announce, scope, patterns, cursor, examined, started_by, progressed_at)
     values ('STRIPE_EVENTS', true, '[]', '{customer.subscription.*,invoice.*}', $1, 2, 'test', now() - interval '1 hour') returning id`,
    [`1 ${stripe.events[1]?.created} evt_4`],
  );
  await service.jobs.boss.send('schedule.backfills', {});
  await eventually(
    async () =>
      expect(await service.db.sql('select state, examined, stored from backfill where id = $1', [run?.id])).toEqual([
        { state: 'DONE', examined: 5, stored: 3 },
      ]),
    { withinMs: 20_000 },
  );
  expect(stripe.queries.map((query) => query.get('starting_after'))).toEqual(['evt_4', 'evt_2']);
});
