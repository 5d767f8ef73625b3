import { randomUUID } from 'node:crypto';
import { anInvoice, aStripeEvent, type InvoiceSpec, type LineSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DUE, hoursFrom } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { startStripeLines, type StripeLinesStandIn } from '../support/stripe-lines.js';

let stripe: StripeLinesStandIn;
let service: TestService;

beforeAll(async () => {
  stripe = await startStripeLines();
  service = await startService({ stripe: { apiKey: 'sk_test_of_the_tests', apiBase: stripe.url } });
});
afterAll(async () => {
  await service.stop();
  await stripe.stop();
});
beforeEach(() => {
  stripe.calls.length = 0;
  stripe.fail();
  stripe.release();
});

const oneOff = (id: string): LineSpec => ({ id, kind: 'item', amount: 5_000 });

/** An intent with one renewal, and an invoice that pays for it, whose line Stripe lists only after others. */
async function introduce(to: TestService = service) {
  const uuid = randomUUID();
  const name = uuid.slice(0, 8);
  const spec: InvoiceSpec = {
    id: `in_${name}`,
    subscription: `sub_${name}`,
    metadata: { checkout_intent_uuid: uuid },
    lines: [oneOff('il_1'), oneOff('il_2'), oneOff('il_3'), { id: 'il_4' }, oneOff('il_5')],
  };
  const whole = anInvoice(spec);
  stripe.lines.set(spec.id!, (whole['lines'] as { data: object[] }).data);
  const intent = await mutate(to, 'createCheckoutIntent', { uuid });
  const renewal = await mutate(to, 'createRenewal', {
    checkoutIntentId: intent,
    subscriptionPlanRenewalId: name,
    effectiveDate: new Date(DUE).toISOString(),
  });
  const truncated = (more: InvoiceSpec = {}) => anInvoice({ ...spec, lines: [oneOff('il_1')], hasMore: true, ...more });
  return { invoice: spec.id!, renewal, whole, truncated };
}

async function mutate(to: TestService, name: string, input: object): Promise<string> {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
  const { json } = await to.graphql(`mutation ($input: ${type}) { ${name}(input: $input) { id } }`, { input });
  expect(json.errors).toBeUndefined();
  return json.data[name].id;
}

const post = async (event: object, to: TestService = service) => expect((await to.post(event)).status).toBe(200);

async function invoiceOf(id: string, to: TestService = service) {
  const [row] = await to.db.sql('select outcome, is_linked, lines_verdict, period_start from invoice where id = $1', [
    id,
  ]);
  return row;
}

const isLinked = (id: string) => eventually(async () => expect(await invoiceOf(id)).toMatchObject({ is_linked: true }));

describe('An invoice whose payload holds only its first lines', () => {
  it('has the rest fetched, page by page, and is linked and paid by them', async () => {
    const { invoice, renewal, truncated } = await introduce();
    await post(aStripeEvent('invoice.paid', truncated()));
    await isLinked(invoice);
    expect(stripe.calls.map(({ path }) => path)).toEqual([
      `/v1/invoices/${invoice}/lines?limit=100`,
      `/v1/invoices/${invoice}/lines?limit=100&starting_after=il_2`,
      `/v1/invoices/${invoice}/lines?limit=100&starting_after=il_4`,
    ]);
    expect(stripe.calls[0]?.authorization).toBe('Bearer sk_test_of_the_tests');
    await service.dispatcher!.idle();
    expect(
      await service.db.sql(`select id from event where id = $1`, [`renewal.paid:${renewal}:${invoice}`]),
    ).toHaveLength(1);
  });

  it('is fetched although Stripe limits and fails at first', async () => {
    const { invoice, truncated } = await introduce();
    stripe.fail(429, 500);
    await post(aStripeEvent('invoice.paid', truncated()));
    await isLinked(invoice);
    expect(stripe.calls.length).toBeGreaterThan(3);
  });

  it('blocks nobody meanwhile: its facts are there, and no transaction is open', async () => {
    const { invoice, renewal, truncated } = await introduce();
    stripe.hold();
    await post(aStripeEvent('invoice.paid', truncated()));
    await eventually(() => expect(stripe.calls).toHaveLength(1));
    expect(await invoiceOf(invoice)).toMatchObject({ outcome: 'INCOMPLETE', is_linked: false });
    await eventually(async () =>
      expect(
        await service.db.sql(
          `select query from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
        ),
      ).toEqual([]),
    );
    await mutate(service, 'updateRenewal', { id: renewal, effectiveDate: hoursFrom(2).toISOString(), reason: 'moved' });
    stripe.release();
    await isLinked(invoice);
  });

  it('keeps what was fetched while its newest payload is truncated too', async () => {
    const { invoice, truncated } = await introduce();
    await post(aStripeEvent('invoice.finalized', truncated({ status: 'open' })));
    await isLinked(invoice);
    stripe.hold();
    await post(aStripeEvent('invoice.paid', truncated()));
    await eventually(async () =>
      expect(await service.db.sql('select status from invoice where id = $1', [invoice])).toEqual([{ status: 'paid' }]),
    );
    expect(await invoiceOf(invoice)).toMatchObject({ is_linked: true, lines_verdict: 'ELIGIBLE' });
    stripe.release();
  });

  it('goes by its newest payload once that is whole', async () => {
    const { invoice, truncated, whole } = await introduce();
    stripe.lines.set(invoice, []);
    await post(aStripeEvent('invoice.finalized', truncated({ status: 'open' })));
    await eventually(async () =>
      expect(await invoiceOf(invoice)).toMatchObject({ lines_verdict: 'NO_SUBSCRIPTION_LINE' }),
    );
    await post(aStripeEvent('invoice.paid', whole));
    await isLinked(invoice);
  });
});

describe('Without a key', () => {
  it('nothing is fetched, and the invoice says that it is incomplete', async () => {
    const keyless = await startService({ stripe: { apiKey: undefined, apiBase: stripe.url } });
    try {
      const { invoice, truncated } = await introduce(keyless);
      await post(aStripeEvent('invoice.paid', truncated()), keyless);
      await keyless.dispatcher!.idle();
      expect(await invoiceOf(invoice, keyless)).toMatchObject({ outcome: 'INCOMPLETE', is_linked: false });
      expect(stripe.calls.filter(({ path }) => path.includes(invoice))).toEqual([]);
    } finally {
      await keyless.stop();
    }
  });
});
