import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

let service: TestService;

const CUSTOMER = 'cus_EndToEnd';
const SUBSCRIPTION = 'sub_EndToEnd';
const UUID = '6f3f3c1e-6a52-4df1-9f0b-6b8f0f6c1a11';

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function ask(query: string, variables?: Record<string, unknown>) {
  const { status, json } = await service.graphql(query, variables);
  expect({ status, errors: json.errors }).toEqual({ status: 200, errors: undefined });
  return json.data;
}

const anOwnInvoice = (spec: InvoiceSpec) =>
  anInvoice({ subscription: SUBSCRIPTION, customer: CUSTOMER, metadata: { checkout_intent_uuid: UUID }, ...spec });
const trial = anOwnInvoice({
  id: 'in_Trial',
  billingReason: 'subscription_create',
  serviceStart: '2026-02-15T00:00:00Z',
  serviceEnd: '2026-03-01T00:00:00Z',
  total: 0,
});
const cycle = anOwnInvoice({ id: 'in_Cycle', serviceStart: '2026-03-01T00:00:07Z', total: 120_000 });

const FOUND = `{
  id state stripeInvoiceId linkedBy effectiveDate
  checkoutIntent { uuid state stripeCustomerId }
  subscription { id }
  invoice { id status total amountPaid currency periodStart renewal { id } }
  history { by reason changes }
}`;

describe('a signed webhook becomes a linked renewal that GraphQL shows', () => {
  it('from checkout to the paid renewal', async () => {
    const { intent } = await ask(`mutation { intent: createCheckoutIntent(input: { uuid: "${UUID}" }) { id } }`);
    const { renewal } = await ask(
      'mutation ($input: CreateRenewalInput!) { renewal: createRenewal(input: $input) { id state } }',
      {
        input: {
          checkoutIntentId: intent.id,
          subscriptionPlanRenewalId: 'plan-renewal-1',
          effectiveDate: '2026-03-01T00:00:00Z',
        },
      },
    );
    expect(renewal.state).toBe('SCHEDULED');
    for (const invoice of [trial, cycle])
      expect(await service.post(aStripeEvent('invoice.paid', invoice))).toMatchObject({ status: 200 });

    const found = await eventually(async () => {
      const data = await ask(`{ renewal(stripeInvoiceId: "in_Cycle") ${FOUND} }`);
      expect(data.renewal).toMatchObject({ state: 'PAID' });
      return data.renewal;
    });
    expect(found).toMatchObject({
      id: renewal.id,
      linkedBy: 'RULE',
      effectiveDate: '2026-03-01T00:00:00.000Z',
      checkoutIntent: { uuid: UUID, state: 'PAID', stripeCustomerId: CUSTOMER },
      subscription: { id: SUBSCRIPTION },
      invoice: {
        id: 'in_Cycle',
        status: 'paid',
        total: 120_000,
        amountPaid: 120_000,
        currency: 'usd',
        periodStart: '2026-03-01T00:00:07.000Z',
        renewal: { id: renewal.id },
      },
    });
    expect(found.history.at(-1).changes).toMatchObject({
      stripeInvoiceId: [null, 'in_Cycle'],
      linkedBy: [null, 'RULE'],
    });
  });

  it('why, is explained', async () => {
    const { cycle: linked, trial: refused } = await ask(
      '{ cycle: explainMatch(invoiceId: "in_Cycle") { ...Why } trial: explainMatch(invoiceId: "in_Trial") { ...Why } } fragment Why on MatchExplanation { outcome code renewal { stripeInvoiceId } candidates { accepted code distanceSeconds renewal { id } } }',
    );
    expect(linked).toMatchObject({
      outcome: 'LINKED',
      code: 'ELIGIBLE',
      renewal: { stripeInvoiceId: 'in_Cycle' },
      candidates: [{ accepted: true, code: 'ACCEPTED', distanceSeconds: 7 }],
    });
    expect(refused).toMatchObject({ outcome: 'NOT_A_RENEWAL', code: 'BILLING_REASON', renewal: null, candidates: [] });
  });

  it('its events show what was done, and belong to the intent', async () => {
    const { intent } = await ask(`{ intent: checkoutIntent(uuid: "${UUID}") { id } }`);
    const events = await eventually(async () => {
      const data = await ask(
        'query ($filter: EventFilter) { events(filter: $filter) { nodes { id type source state checkoutIntent { uuid } stripeInvoiceId deliveries { handler state tries } } } }',
        { filter: { checkoutIntentId: intent.id } },
      );
      const types = data.events.nodes.map((event: { type: string }) => event.type);
      expect(types).toEqual(
        expect.arrayContaining(['invoice.paid', 'renewal.linked', 'renewal.paid', 'payment.received']),
      );
      expect(data.events.nodes.every((event: { state: string }) => ['HANDLED', 'IGNORED'].includes(event.state))).toBe(
        true,
      );
      return data.events.nodes;
    });
    expect(events.every((event: { checkoutIntent: unknown }) => event.checkoutIntent !== null)).toBe(true);
    const paid = events.find(
      (event: { type: string; stripeInvoiceId: string }) =>
        event.type === 'invoice.paid' && event.stripeInvoiceId === 'in_Cycle',
    );
    expect(paid).toMatchObject({ source: 'STRIPE', state: 'HANDLED', deliveries: [{ state: 'DONE' }] });
    const { event } = await ask('query ($id: ID!) { event(id: $id) { payload } }', { id: paid.id });
    expect(event.payload.data.object.id).toBe('in_Cycle');
  });

  it("is processed by a service of the user's own, and then stands", async () => {
    const { renewal } = await ask('{ renewal(stripeInvoiceId: "in_Cycle") { id } }');
    const mark = `mutation { renewal: markRenewalProcessed(renewalId: "${renewal.id}") { state processedAt } }`;
    const first = await ask(mark);
    expect(first.renewal).toMatchObject({ state: 'PROCESSED', processedAt: expect.stringMatching(/Z$/) });
    expect(await ask(mark)).toEqual(first);
    const refused = await service.graphql(
      `mutation { unlinkInvoice(input: { renewalId: "${renewal.id}", reason: "too late" }) { id } }`,
    );
    expect(refused.json.errors).toMatchObject([{ extensions: { code: 'LINK_CONFLICT' } }]);
  });

  it('an invoice without a renewal is listed as unmatched until its renewal comes', async () => {
    const next = anOwnInvoice({ id: 'in_Next', serviceStart: '2027-03-01T00:00:00Z' });
    await service.post(aStripeEvent('invoice.paid', next));
    const unmatched = async () => (await ask('{ unmatchedInvoices { nodes { id } } }')).unmatchedInvoices.nodes;
    await eventually(async () => expect(await unmatched()).toEqual([{ id: 'in_Next' }]));
    const { intent } = await ask(`{ intent: checkoutIntent(uuid: "${UUID}") { id } }`);
    const { renewal } = await ask(
      'mutation ($input: CreateRenewalInput!) { renewal: createRenewal(input: $input) { state stripeInvoiceId } }',
      {
        input: {
          checkoutIntentId: intent.id,
          subscriptionPlanRenewalId: 'plan-renewal-2',
          effectiveDate: '2027-03-01T12:00:00Z',
        },
      },
    );
    expect(renewal).toEqual({ state: 'PAID', stripeInvoiceId: 'in_Next' });
    expect(await unmatched()).toEqual([]);
  });
});
