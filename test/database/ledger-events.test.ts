import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CUSTOMER, DUE, hoursFrom, INTENT_UUID, instant, SUBSCRIPTION } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

let ledger: TestLedger;
let intentId: string;
beforeAll(async () => void (ledger = await openTestLedger()));
afterAll(() => ledger.close());
beforeEach(async () => {
  await ledger.empty();
  intentId = await ledger.intent();
});

const TYPES = {
  draft: 'invoice.created',
  open: 'invoice.finalized',
  paid: 'invoice.paid',
  void: 'invoice.voided',
} as const;

function event({ metadata = { checkout_intent_uuid: INTENT_UUID }, ...spec }: InvoiceSpec = {}) {
  const status = (spec.status ?? 'paid') as keyof typeof TYPES;
  return aStripeEvent(TYPES[status], anInvoice({ id: 'in_1', metadata, ...spec }));
}

const plans = {
  priorSubscriptionPlanUuid: '00000000-0000-4000-8000-00000000000a',
  renewedSubscriptionPlanUuid: '00000000-0000-4000-8000-00000000000b',
};

describe('The ledger raises', () => {
  it('renewal.linked, renewal.paid and payment.received with the ids of all that they are about', async () => {
    const renewalId = await ledger.renewal(intentId, { subscriptionPlanRenewalId: '42', ...plans });
    await ledger.record(event());
    const ids = {
      checkoutIntentId: intentId,
      checkoutIntentUuid: INTENT_UUID,
      stripeSubscriptionId: SUBSCRIPTION,
      stripeCustomerId: CUSTOMER,
      stripeInvoiceId: 'in_1',
      renewalId,
      subscriptionPlanRenewalId: '42',
      ...plans,
    };
    const money = { total: 240_000, amountPaid: 240_000, currency: 'usd' };
    const linked = { ...ids, effectiveDate: '2026-03-01T00:00:00.000Z', linkedBy: 'RULE' };
    const period = { periodStart: '2026-03-01T00:00:00.000Z', periodEnd: '2027-03-01T00:00:00.000Z' };
    const [change] = await ledger.db.sql<{ id: string }>(
      "select id from renewal_change where changes ? 'stripeInvoiceId'",
    );
    expect(await ledger.raised()).toEqual([
      { id: 'payment.received:in_1', type: 'payment.received', object: { ...ids, ...money } },
      { id: `renewal.linked:${change?.id}`, type: 'renewal.linked', object: linked },
      { id: `renewal.paid:${renewalId}:in_1`, type: 'renewal.paid', object: { ...ids, ...money, ...period } },
    ]);
  });

  it('each with the same ids in its columns', async () => {
    await ledger.renewal(intentId);
    await ledger.record(event());
    const columns = {
      stripe_customer_id: CUSTOMER,
      stripe_subscription_id: SUBSCRIPTION,
      stripe_invoice_id: 'in_1',
      checkout_intent_id: intentId,
    };
    const rows = await ledger.db.sql("select * from event where source = 'LEDGER'");
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row).toMatchObject({ ...columns, state: 'PENDING' });
  });

  it('nothing again when an event comes again, or is recorded again', async () => {
    await ledger.renewal(intentId);
    await ledger.record(event({ status: 'open' }), event());
    const before = [await ledger.raised(), await history()];
    await ledger.record(event(), event({ status: 'open' }), event());
    await ledger.linkInvoice({ invoiceId: 'in_1' }, 'operator');
    expect([await ledger.raised(), await history()]).toEqual(before);
  });

  it('renewal.paid once for each invoice that pays', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event(), event({ id: 'in_2', serviceStart: hoursFrom(1) }));
    await ledger.unlinkInvoice({ renewalId: id, reason: 'wrong' }, 'operator');
    expect((await ledger.raised('renewal.paid')).map((raised) => raised.id)).toEqual([
      `renewal.paid:${id}:in_1`,
      `renewal.paid:${id}:in_2`,
    ]);
  });

  it('renewal.unlinked and renewal.linked when an open link goes to a paid invoice', async () => {
    await ledger.renewal(intentId);
    await ledger.record(event({ status: 'open' }));
    await ledger.record(event({ id: 'in_2', serviceStart: hoursFrom(1) }));
    const told = (await ledger.raised('renewal.linked', 'renewal.unlinked')).map(
      ({ type, object }) => `${type} ${String(object['stripeInvoiceId'])}`,
    );
    expect(told.toSorted()).toEqual(['renewal.linked in_1', 'renewal.linked in_2', 'renewal.unlinked in_1']);
  });

  it('renewal.rescheduled with both dates', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.updateRenewal({ id, effectiveDate: instant('2026-04-01'), reason: 'moved' }, 'operator');
    expect(await ledger.raised()).toMatchObject([
      {
        type: 'renewal.rescheduled',
        object: { before: '2026-03-01T00:00:00.000Z', after: '2026-04-01T00:00:00.000Z', renewalId: id },
      },
    ]);
  });

  it('payment.received for an invoice that pays for no renewal, without a renewal', async () => {
    await ledger.record(event({ billingReason: 'subscription_create' }));
    expect(await ledger.raised()).toMatchObject([
      { id: 'payment.received:in_1', object: { renewalId: null, checkoutIntentId: intentId } },
    ]);
  });

  it('payment.received of a subscription that nobody owns', async () => {
    await ledger.record(event({ metadata: {} }));
    expect(await ledger.raised()).toMatchObject([
      { id: 'payment.received:in_1', object: { checkoutIntentId: null, stripeSubscriptionId: SUBSCRIPTION } },
    ]);
  });

  const silent: [string, InvoiceSpec][] = [
    ['a total of zero', { lines: [{ amount: 0 }] }],
    ['a negative total', { lines: [{ amount: -5 }] }],
    ['no subscription', { subscription: null }],
    ['an open state', { status: 'open' }],
  ];

  it.each(silent)('no payment.received for an invoice of %s', async (_name, spec) => {
    await ledger.record(event(spec));
    expect(await ledger.raised('payment.received')).toEqual([]);
  });
});

describe('An invoice that is voided after it was paid', () => {
  const voided = (created: string) =>
    aStripeEvent('invoice.voided', anInvoice({ id: 'in_1', status: 'void' }), { created });

  it('is reported where its renewal was processed, and the link stays', async () => {
    const renewalId = await ledger.renewal(intentId);
    await ledger.record(event());
    await ledger.markRenewalProcessed(renewalId, 'tests');
    await ledger.record(voided('2026-04-01'));
    expect(await ledger.raised('attention.needed')).toMatchObject([
      {
        id: 'attention.needed:VOIDED_AFTER_PROCESSED:in_1',
        object: { checkoutIntentId: intentId, renewalId, stripeInvoiceId: 'in_1' },
      },
    ]);
    expect(await ledger.renewals()).toMatchObject([{ state: 'PROCESSED', invoiceId: 'in_1' }]);
  });

  it('is not where it was voided before it was paid, and that is only told late', async () => {
    const renewalId = await ledger.renewal(intentId);
    await ledger.record(event());
    await ledger.markRenewalProcessed(renewalId, 'tests');
    await ledger.record(voided('2026-02-01'));
    expect(await ledger.raised('attention.needed')).toEqual([]);
  });

  it('is not while its renewal is not processed: its payment stands', async () => {
    await ledger.renewal(intentId);
    await ledger.record(event(), voided('2026-04-01'));
    expect(await ledger.raised('attention.needed')).toEqual([]);
    expect(await ledger.renewals()).toMatchObject([{ state: 'PAID' }]);
  });
});

describe('An invoice.paid', () => {
  const WAITING = { state: 'WAITING', waitingFor: 'link:in_1' };

  it('waits for its link, which createRenewal makes and signals', async () => {
    const paid = event();
    expect((await ledger.record(paid)).get(paid.id)).toEqual(WAITING);
    await ledger.renewal(intentId);
    expect(ledger.signals).toContain('link:in_1');
    expect((await ledger.record(paid)).get(paid.id)).toBeUndefined();
  });

  it('waits no longer where another invoice took the renewal that it waited for', async () => {
    const [first, second] = [event({ id: 'in_first' }), event({ id: 'in_second' })];
    expect([...(await ledger.record(first, second)).values()]).toMatchObject([
      { waitingFor: 'link:in_first' },
      { waitingFor: 'link:in_second' },
    ]);
    await ledger.renewal(intentId);
    expect(ledger.signals).toEqual(expect.arrayContaining(['link:in_first', 'link:in_second']));
    expect([...(await ledger.record(first, second))]).toEqual([]);
  });

  it('waits while two renewals are equally near', async () => {
    for (const hours of [1, -1]) await ledger.renewal(intentId, { effectiveDate: hoursFrom(hours) });
    const paid = event();
    expect((await ledger.record(paid)).get(paid.id)).toEqual(WAITING);
  });

  const idle: [string, InvoiceSpec][] = [
    ['names no intent', { metadata: {} }],
    ['can pay for no renewal', { billingReason: 'manual' }],
    ['has no billing reason', { billingReason: null }],
    ['is of no subscription', { subscription: null }],
  ];

  it.each(idle)('that %s does not wait', async (_name, spec) => {
    const paid = event(spec);
    expect((await ledger.record(paid)).get(paid.id)).toBeUndefined();
  });

  it('of another customer does not wait', async () => {
    await ledger.updateCheckoutIntent({ id: intentId, stripeCustomerId: 'cus_other' }, 'operator');
    const paid = event();
    expect((await ledger.record(paid)).get(paid.id)).toBeUndefined();
  });

  it('whose renewal another invoice holds does not wait: it is a conflict', async () => {
    await ledger.renewal(intentId);
    await ledger.record(event({ id: 'in_first' }));
    const paid = event({ serviceStart: hoursFrom(1) });
    expect((await ledger.record(paid)).get(paid.id)).toBeUndefined();
  });

  it.each(['invoice.updated', 'invoice.payment_succeeded', 'invoice.finalized'] as const)(
    'waits, where %s of the same invoice does not',
    async (type) => {
      const other = aStripeEvent(type, anInvoice({ id: 'in_1', metadata: { checkout_intent_uuid: INTENT_UUID } }));
      expect((await ledger.record(other)).get(other.id)).toBeUndefined();
    },
  );
});

describe('History', () => {
  it('names the last event of the batch, in the order of facts, as the author', async () => {
    await ledger.renewal(intentId);
    const paid = event({ paidAt: '2026-03-02' });
    await ledger.record(paid, event({ status: 'open' }));
    expect((await history()).at(-1)).toMatchObject({
      by: paid.id,
      reason: 'invoice.paid',
      changes: { state: ['SCHEDULED', 'PAID'], stripeInvoiceId: [null, 'in_1'], linkedBy: [null, 'RULE'] },
    });
  });

  it('of an intent tells its payment and its customer', async () => {
    const paid = event();
    await ledger.record(paid);
    const [, change] = await ledger.db.sql('select * from checkout_intent_change order by id');
    expect(change).toMatchObject({
      by: paid.id,
      changes: { state: ['CREATED', 'PAID'], stripeCustomerId: [null, CUSTOMER] },
    });
  });
});

describe('The events before an intent exists', () => {
  it('leave facts that it finds: its customer, its payment and its links', async () => {
    await ledger.empty();
    await ledger.record(
      event({ billingReason: 'subscription_create', id: 'in_0', serviceStart: '2025-03-01' }),
      event(),
    );
    const id = await ledger.intent();
    await ledger.renewal(id, { effectiveDate: instant(DUE) });
    expect(await ledger.renewals()).toMatchObject([{ invoiceId: 'in_1', state: 'PAID' }]);
    expect(await ledger.db.sql('select state, stripe_customer_id from checkout_intent')).toEqual([
      { state: 'PAID', stripe_customer_id: CUSTOMER },
    ]);
    expect(await ledger.raised('payment.received')).toHaveLength(2);
  });
});

function history(): Promise<Record<string, unknown>[]> {
  return ledger.db.sql('select * from renewal_change order by id');
}
