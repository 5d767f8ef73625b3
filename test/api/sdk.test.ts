import { BadUserInputError, createLedgerClient, type LedgerClient, NotFoundError } from '@renewal-ledger/sdk';
import { assertConverges, lifeOf } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

let service: TestService;
let ledger: LedgerClient;

beforeAll(async () => {
  service = await startService();
  ledger = createLedgerClient({ url: service.url, apiKey: service.apiKey });
});

afterAll(() => service.stop());

describe("the SDK's client", () => {
  it('reads and steers the ledger from a checkout to a processed renewal', async () => {
    const uuid = '5f6c1a52-3d0e-4c0a-9d3c-0d9b1a8f7e6d';
    const life = lifeOf('sub_1Client', { trial: 14, cycles: 1, metadata: { checkout_intent_uuid: uuid } });
    const [due] = life.renewals;
    const intent = await ledger.createCheckoutIntent({ uuid, enterpriseName: 'Acme' });
    const { id: renewalId } = await ledger.createRenewal({
      checkoutIntentId: intent.id,
      subscriptionPlanRenewalId: 'plan-renewal-1',
      effectiveDate: new Date(due!.effectiveDate * 1000).toISOString(),
      stripeSubscriptionId: life.subscription,
    });
    for (const event of life.events) await service.post(event);
    await eventually(async () => expect(await ledger.renewal({ id: renewalId })).toMatchObject({ state: 'PAID' }));
    expect(await ledger.markRenewalProcessed({ renewalId })).toMatchObject({
      state: 'PROCESSED',
      stripeInvoiceId: due!.invoice,
      invoice: { id: due!.invoice, status: 'paid' },
      checkoutIntent: { uuid },
    });
    expect(await ledger.explainMatch({ invoiceId: due!.invoice })).toMatchObject({ outcome: 'LINKED' });
    expect(await ledger.linkInvoice({ invoiceId: due!.invoice })).toMatchObject({ outcome: 'ALREADY_LINKED' });
  });

  it('walks a list through its pages', async () => {
    const whole = await ledger.events({ first: 100 }).page();
    const walked: string[] = [];
    for await (const event of ledger.events({ first: 3 })) walked.push(event.id);
    expect(walked).toEqual(whole.nodes.map((event) => event.id));
    expect(walked.length).toBeGreaterThan(6);
  });

  it('has every list and lookup of the schema', async () => {
    for (const list of [
      ledger.checkoutIntents(),
      ledger.renewals(),
      ledger.subscriptions(),
      ledger.invoices(),
      ledger.unmatchedInvoices(),
    ]) {
      expect((await list.page()).pageInfo).toBeDefined();
    }
    expect(await ledger.checkoutIntent({ id: '404' })).toBeNull();
    expect(await ledger.event({ id: 'evt_404' })).toBeNull();
    expect(await ledger.subscription({ id: 'sub_1Client' })).toMatchObject({
      checkoutIntent: { enterpriseName: 'Acme' },
    });
  });

  it('throws what the ledger refuses', async () => {
    await expect(ledger.linkInvoice({ invoiceId: 'in_404' })).rejects.toThrow(NotFoundError);
    const stranger = createLedgerClient({ url: service.url, apiKey: 'unknown' });
    await expect(stranger.overview()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(ledger.renewal({})).rejects.toThrow(BadUserInputError);
  });
});

describe('the running ledger', () => {
  it('ends in one state whatever order a life comes in', async () => {
    const life = lifeOf('sub_1Converges', { trial: 14, cycle: 'month', cycles: 2, failing: [2], layout: 'mixed' });
    const access = { webhookSecret: service.secret, apiKey: service.apiKey };
    await expect(assertConverges(service.url, life, { ...access, runs: 5 })).resolves.toBeUndefined();
  }, 90_000);
});
