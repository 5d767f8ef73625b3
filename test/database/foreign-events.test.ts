import { anInvoice, aStripeEvent, aSubscription } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DUE, INTENT_UUID, SUBSCRIPTION } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

let ledger: TestLedger;
beforeAll(async () => void (ledger = await openTestLedger()));
afterAll(() => ledger.close());
beforeEach(() => ledger.empty());

const metadata = { checkout_intent_uuid: INTENT_UUID };
const invoice = (status: 'open' | 'paid') => anInvoice({ id: 'in_1', status, metadata });

const begun = aStripeEvent('customer.subscription.created', aSubscription({ created: '2026-02-01', metadata }), {
  created: '2026-02-01',
});
const open = aStripeEvent('invoice.finalized', invoice('open'), { created: DUE });
const ending = { customer: 'cus_other', status: 'canceled', endedAt: '2026-02-10' } as const;
const endedByOther = aStripeEvent(
  'customer.subscription.deleted',
  aSubscription({ created: '2026-02-01', metadata, ...ending }),
  { created: '2026-02-10' },
);

describe("Another customer's event of a subscription", () => {
  it.each([
    ['after the events of its own', [begun, open, endedByOther]],
    ['before them', [endedByOther, begun, open]],
  ])('leaves its renewal and its link alone when it comes %s, and is reported', async (_when, events) => {
    await ledger.renewal(await ledger.intent());
    for (const event of events) await ledger.record(event);
    expect(await ledger.renewals()).toMatchObject([
      { state: 'LINKED', invoiceId: 'in_1', subscriptionId: SUBSCRIPTION, isCanceled: false },
    ]);
    expect(await ledger.raised('attention.needed')).toMatchObject([
      { id: `attention.needed:FOREIGN_CUSTOMER:${SUBSCRIPTION}` },
    ]);
  });

  it('does not keep its payment from being announced', async () => {
    await ledger.renewal(await ledger.intent());
    for (const event of [begun, open, endedByOther]) await ledger.record(event);
    await ledger.record(aStripeEvent('invoice.paid', invoice('paid'), { created: '2026-03-02' }));
    expect(await ledger.raised('renewal.paid')).toHaveLength(1);
  });
});
