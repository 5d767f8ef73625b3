import { randomUUID } from 'node:crypto';
import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CheckoutIntentState, RenewalState } from '../../src/entities/states.js';
import { DUE, instant, SUBSCRIPTION } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
  await widenTheGaps();
});
afterAll(() => ledger.close());
beforeEach(() => ledger.empty());

const TRIES = Array.from({ length: 6 }, (_, number) => number);
const TYPES = {
  draft: 'invoice.created',
  open: 'invoice.finalized',
  paid: 'invoice.paid',
  void: 'invoice.voided',
} as const;

function event({ status = 'paid', ...spec }: InvoiceSpec & { status?: keyof typeof TYPES }): object {
  return aStripeEvent(TYPES[status], anInvoice({ id: 'in_1', status, ...spec }));
}

/** One customer's checkout of its own. */
function aCustomer() {
  const uuid = randomUUID();
  const name = uuid.slice(0, 8);
  const invoice = {
    id: `in_${name}`,
    subscription: `sub_${name}`,
    customer: `cus_${name}`,
    metadata: { checkout_intent_uuid: uuid },
  };
  return { uuid, invoice, renewal: { stripeSubscriptionId: invoice.subscription } };
}

describe('At the same moment', () => {
  it.each(TRIES)('an intent is created and a batch names it: they find each other (%i)', async () => {
    const { uuid, invoice } = aCustomer();
    const [id] = await Promise.all([ledger.intent({ uuid }), ledger.record(event(invoice))]);
    expect(await owners()).toEqual([{ id: invoice.subscription, checkout_intent_id: id }]);
    expect(await ledger.db.sql('select state from checkout_intent')).toEqual([{ state: CheckoutIntentState.PAID }]);
  });

  it.each(TRIES)('a renewal is created and its invoice is paid: they find each other (%i)', async () => {
    const { uuid, invoice } = aCustomer();
    const intentId = await ledger.intent({ uuid });
    const [id] = await Promise.all([ledger.renewal(intentId), ledger.record(event(invoice))]);
    expect(await ledger.renewals()).toMatchObject([{ invoiceId: invoice.id, state: RenewalState.PAID }]);
    expect(await ledger.raised('renewal.paid')).toMatchObject([{ id: `renewal.paid:${id}:${invoice.id}` }]);
  });

  it.each(TRIES)('a renewal names a subscription and its first invoice comes: they find each other (%i)', async () => {
    const { invoice } = aCustomer();
    const intentId = await ledger.intent({ uuid: null });
    const renewal = { stripeSubscriptionId: invoice.subscription };
    await Promise.all([ledger.record(event({ ...invoice, metadata: {} })), ledger.renewal(intentId, renewal)]);
    expect(await owners()).toEqual([{ id: invoice.subscription, checkout_intent_id: intentId }]);
    expect(await ledger.renewals()).toMatchObject([{ invoiceId: invoice.id }]);
  });

  it.each(TRIES)(
    'an unknown invoice is linked by name and its first event comes: the renewal is paid (%i)',
    async () => {
      const { invoice } = aCustomer();
      const id = await ledger.renewal(await ledger.intent({ uuid: null }));
      await Promise.all([
        ledger.linkInvoice({ invoiceId: invoice.id, renewalId: id }, 'operator'),
        ledger.record(event(invoice)),
      ]);
      expect(await ledger.renewals()).toMatchObject([{ invoiceId: invoice.id, state: RenewalState.PAID }]);
    },
  );

  it.each(TRIES)('a renewal is created with an invoice and that is paid: the renewal is paid (%i)', async () => {
    const { invoice } = aCustomer();
    const intentId = await ledger.intent({ uuid: null });
    await ledger.record(event({ ...invoice, status: 'open' }));
    await Promise.all([ledger.record(event(invoice)), ledger.renewal(intentId, { stripeInvoiceId: invoice.id })]);
    expect(await ledger.renewals()).toMatchObject([{ invoiceId: invoice.id, state: RenewalState.PAID }]);
  });

  it('one invoice is linked by name to the renewals of two intents: one has it', async () => {
    const intents = await Promise.all([ledger.intent({ uuid: null }), ledger.intent({ uuid: null })]);
    const renewals = await Promise.all(intents.map((id) => ledger.renewal(id)));
    const answers = await Promise.all(
      renewals.map((renewalId) => ledger.linkInvoice({ invoiceId: 'in_unknown', renewalId }, 'operator')),
    );
    expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual(['ALREADY_LINKED', 'LINKED']);
  });

  it('two invoices want one renewal: the paid one has it', async () => {
    const { uuid, invoice } = aCustomer();
    await ledger.renewal(await ledger.intent({ uuid }));
    const rival = { ...invoice, id: 'in_rival', status: 'open' as const };
    await Promise.all([ledger.record(event(rival)), ledger.record(event(invoice)), ledger.record(event(rival))]);
    expect(await ledger.renewals()).toMatchObject([{ invoiceId: invoice.id, state: RenewalState.PAID }]);
  });

  it.each([...TRIES.map(() => null), 'sub_1'])(
    'the events of an invoice of subscription %s come in batches of their own: it is paid',
    async (subscription) => {
      const states = ['draft', 'open', 'paid', 'open', 'draft'] as const;
      await Promise.all(
        states.map((status, at) =>
          ledger.record(event({ status, subscription, created: instant(DUE).getTime() / 1000 + at })),
        ),
      );
      expect(await ledger.db.sql('select status from invoice')).toEqual([{ status: 'paid' }]);
      expect(await ledger.raised('payment.received')).toHaveLength(subscription === null ? 0 : 1);
    },
  );

  it('the same bad metadata comes in several batches: it is reported once', async () => {
    const metadata = { checkout_intent_uuid: 'acme' };
    await Promise.all(['in_1', 'in_2', 'in_3'].map((id) => ledger.record(event({ id, metadata }))));
    expect(await ledger.raised('attention.needed')).toMatchObject([{ object: { subject: SUBSCRIPTION } }]);
  });
});

describe('Many batches and commands on the same intents', () => {
  it('end as if they had come one after the other, and none fails', { timeout: 60_000 }, async () => {
    const customers = Array.from({ length: 6 }, aCustomer);
    const states = ['draft', 'open', 'paid'] as const;
    const batches = Array.from({ length: 12 }, (_, number) =>
      rotate(customers, number * 5).map(({ invoice }, index) =>
        event({ ...invoice, status: states[(number + index) % 3]! }),
      ),
    );
    const intents = new Map<string, Promise<string>>();
    const create = ({ uuid }: (typeof customers)[number]) => intents.set(uuid, ledger.intent({ uuid })).get(uuid)!;
    await Promise.all([
      ...batches.map((batch) => ledger.record(...batch)),
      ...customers.map(async (customer) => ledger.renewal(await create(customer), { effectiveDate: instant(DUE) })),
    ]);
    const expected = await Promise.all(
      customers.map(async ({ uuid, invoice }) => ({
        intentId: await intents.get(uuid),
        invoiceId: invoice.id,
        state: RenewalState.PAID,
      })),
    );
    const found = (await ledger.renewals()).map(({ intentId, invoiceId, state }) => ({ intentId, invoiceId, state }));
    expect(found.toSorted(byInvoice)).toEqual(expected.toSorted(byInvoice));
    for (const type of ['renewal.paid', 'payment.received', 'renewal.linked']) {
      expect(await ledger.raised(type)).toHaveLength(customers.length);
    }
  });
});

function rotate<T>(items: readonly T[], by: number): T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

function byInvoice(a: { invoiceId: string | null }, b: { invoiceId: string | null }): number {
  return (a.invoiceId ?? '') < (b.invoiceId ?? '') ? -1 : 1;
}

function owners(): Promise<Record<string, unknown>[]> {
  return ledger.db.sql('select id, checkout_intent_id from subscription');
}

/** Every write waits a little between what was read before it and what is committed after it. */
async function widenTheGaps(): Promise<void> {
  await ledger.db.sql(
    `create function hesitate() returns trigger language plpgsql as $$ begin perform pg_sleep(0.02); return null; end $$`,
  );
  for (const table of ['checkout_intent', 'subscription', 'invoice', 'renewal']) {
    await ledger.db.sql(
      `create trigger hesitate before insert or update on ${table} for each statement execute function hesitate()`,
    );
  }
}
