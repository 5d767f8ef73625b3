import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { startStripeEvents, type StripeEventsStandIn } from '../support/stripe-events.js';

let stripe: StripeEventsStandIn;
let service: TestService;
beforeAll(async () => {
  stripe = await startStripeEvents();
  service = await startService({ stripe: { apiKey: 'sk_test_of_the_tests', apiBase: stripe.url } });
});
afterAll(async () => {
  await service.stop();
  await stripe.stop();
});
beforeEach(async () => {
  await service.db.sql('truncate event, event_body, backfill cascade');
  stripe.events = [5, 4, 3, 2, 1].map((number) => ({
    ...aStripeEvent('invoice.paid', anInvoice({ id: `in_${number}` })),
    id: `evt_${number}`,
    type: 'invoice.paid',
    created: 1_790_000_000 + number,
  }));
  stripe.queries.length = 0;
});

const FIELDS = 'id state examined stored skipped failed lastError changes { nodes { recordId reason } }';

async function backfill(input: object = {}) {
  const { json } = await service.graphql('mutation ($input: BackfillInput!) { startBackfill(input: $input) { id } }', {
    input: { kind: 'STRIPE_EVENTS', ...input },
  });
  expect(json.errors).toBeUndefined();
  return eventually(
    async () => {
      const answer = await service.graphql(
        `query ($id: ID!) { backfill(id: $id) { ${FIELDS} } }`,
        json.data.startBackfill,
      );
      expect(answer.json.data.backfill.state).not.toBe('RUNNING');
      return answer.json.data.backfill;
    },
    { withinMs: 30_000 },
  );
}

const ids = async () =>
  (await service.db.sql<{ id: string }>("select id from event where source = 'STRIPE' order by id")).map(
    ({ id }) => id,
  );

describe('a backfill of Stripe events', () => {
  it('stores what is missing, page by page, and has it handled as if it had been delivered', async () => {
    await service.post(stripe.events[1] ?? {});
    expect(await backfill()).toMatchObject({ state: 'DONE', examined: 5, stored: 4, skipped: 1, failed: 0 });
    expect(await ids()).toEqual(['evt_1', 'evt_2', 'evt_3', 'evt_4', 'evt_5']);
    expect(stripe.queries.map((query) => query.get('starting_after'))).toEqual([null, 'evt_4', 'evt_2']);
    await eventually(async () =>
      expect(await service.db.sql("select from event where source = 'STRIPE' and state <> 'HANDLED'")).toEqual([]),
    );
    expect(await backfill()).toMatchObject({ state: 'DONE', stored: 0, skipped: 5 });
  });

  it('shows in a dry run what it would store, and stores nothing', async () => {
    const run = await backfill({ dryRun: true });
    expect(run).toMatchObject({ state: 'DONE', stored: 5 });
    expect(run.changes.nodes).toHaveLength(5);
    expect(await ids()).toEqual([]);
  });

  it('asks for the types and the time that it was given', async () => {
    const since = new Date(1_790_000_004_000).toISOString();
    expect(await backfill({ since, eventTypes: ['invoice.paid'] })).toMatchObject({ stored: 2 });
    expect(stripe.queries[0]?.get('types[0]')).toBe('invoice.paid');
  });

  it('goes on when Stripe limits it', async () => {
    stripe.fail(429, 429);
    expect(await backfill()).toMatchObject({ state: 'DONE', stored: 5 });
  });

  it('goes on when Stripe has failed for longer than its client tries', async () => {
    stripe.fail(500, 500, 500, 500, 500);
    expect(await backfill()).toMatchObject({ state: 'DONE', stored: 5, lastError: null });
  });

  it('ends where Stripe refuses, and says what to do', async () => {
    stripe.fail(401);
    expect(await backfill()).toMatchObject({
      state: 'FAILED',
      lastError: expect.stringMatching(/401.*STRIPE_API_KEY/),
    });
  });

  it.each([
    ['checkoutIntentId', { kind: 'STRIPE_EVENTS', checkoutIntentId: '1' }],
    ['announce', { kind: 'STRIPE_EVENTS', announce: false }],
    ['eventTypes', { kind: 'STRIPE_EVENTS', eventTypes: [] }],
    ['since', { kind: 'RENEWAL_LINKS', since: '2026-01-01T00:00:00Z' }],
  ])('is refused with a sentence where %s does not fit its kind', async (field, input) => {
    const { json } = await service.graphql(
      'mutation ($input: BackfillInput!) { startBackfill(input: $input) { id } }',
      { input },
    );
    expect(json.errors[0]).toMatchObject({
      message: expect.stringContaining(field),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });
});
