import { randomUUID } from 'node:crypto';
import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { startService, type TestService, type TestServiceOptions } from './service.js';
import { startStripeEvents, type StripeEventsStandIn } from './stripe-events.js';

const FIELDS = `id state examined stored skipped failed lastError
  changes { nodes { recordId reason } } problems { nodes { recordId code } }`;

/** A service that has the stand-in for Stripe, and what tests do with its backfills of events. */
export interface StripeBackfills {
  readonly service: TestService;
  readonly stripe: StripeEventsStandIn;
  /** Starts one, and answers it when it has ended. */
  backfill(input?: object): Promise<any>; // oxlint-disable-line typescript/no-explicit-any -- a test says what it expects of it
  start(input?: object): Promise<string>;
  overview(): Promise<{ completeUntil: string | null; gaps: { from: string; to: string }[] }>;
  /** Empties what tests leave behind, here and at the stand-in. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export async function startStripeBackfills(options: TestServiceOptions = {}): Promise<StripeBackfills> {
  const stripe = await startStripeEvents();
  const service = await startService({
    stripe: { apiKey: 'sk_test_of_the_tests', apiBase: stripe.url },
    ...options,
  });
  const start = async (input: object = {}): Promise<string> => {
    const { json } = await service.graphql(
      'mutation ($input: BackfillInput!) { startBackfill(input: $input) { id } }',
      { input: { kind: 'STRIPE_EVENTS', ...input } },
    );
    expect(json.errors).toBeUndefined();
    return json.data.startBackfill.id;
  };
  return {
    service,
    stripe,
    start,
    async backfill(input) {
      const id = await start(input);
      return eventually(
        async () => {
          const { json } = await service.graphql(`query ($id: ID!) { backfill(id: $id) { ${FIELDS} } }`, { id });
          expect(json.data.backfill.state).not.toBe('RUNNING');
          return json.data.backfill;
        },
        { withinMs: 30_000 },
      );
    },
    async overview() {
      const { json } = await service.graphql('{ overview { completeUntil gaps { from to } } }');
      return json.data.overview;
    },
    async clear() {
      await service.dispatcher?.idle();
      await service.db.sql(
        'truncate event, event_body, delivery, backfill, event_span, invoice, subscription, renewal, checkout_intent cascade',
      );
      Object.assign(stripe, { events: [], perSecond: 1_000, refusedByLimit: 0, afterPage: () => undefined });
      stripe.fail();
      stripe.invoices.clear();
      stripe.lines.clear();
      stripe.queries.length = 0;
      stripe.paths.length = 0;
    },
    async stop() {
      await service.stop();
      await stripe.stop();
    },
  };
}

/** An event that Stripe lists: `evt_<number>`, of the invoice `in_<number>`, so many seconds ago. */
export function listedEvent(
  number: number,
  { agoSeconds = 3600 - number, ...spec }: { agoSeconds?: number } & InvoiceSpec = {},
) {
  return {
    ...aStripeEvent('invoice.paid', anInvoice({ id: `in_${number}`, ...spec })),
    id: `evt_${number}`,
    type: 'invoice.paid',
    created: Math.floor(Date.now() / 1000) - agoSeconds,
  };
}

/** A checkout intent with a renewal, due when the default invoice's service begins. Answers what an invoice names to pay for it. */
export async function introduce(
  service: TestService,
  effectiveDate: string,
): Promise<{ renewal: string; spec: InvoiceSpec }> {
  const uuid = randomUUID();
  const name = uuid.slice(0, 8);
  const mutate = async (field: string, input: object): Promise<string> => {
    const type = `${field[0]!.toUpperCase()}${field.slice(1)}Input!`;
    const { json } = await service.graphql(`mutation ($input: ${type}) { ${field}(input: $input) { id } }`, { input });
    expect(json.errors).toBeUndefined();
    return json.data[field].id;
  };
  const checkoutIntentId = await mutate('createCheckoutIntent', { uuid });
  const renewal = await mutate('createRenewal', { checkoutIntentId, subscriptionPlanRenewalId: name, effectiveDate });
  return { renewal, spec: { id: `in_${name}`, subscription: `sub_${name}`, metadata: { checkout_intent_uuid: uuid } } };
}
