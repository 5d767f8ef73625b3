import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CheckoutIntentState } from '../../src/entities/states.js';
import { CUSTOMER, INTENT_UUID, SUBSCRIPTION } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

let ledger: TestLedger;
beforeAll(async () => void (ledger = await openTestLedger()));
afterAll(() => ledger.close());
beforeEach(() => ledger.empty());

const { CREATED, PAID, FULFILLED, EXPIRED, ...ERRORED } = CheckoutIntentState;
const metadata = { checkout_intent_uuid: INTENT_UUID };
const paid = (spec: InvoiceSpec = {}) => aStripeEvent('invoice.paid', anInvoice({ id: 'in_1', metadata, ...spec }));

describe('createCheckoutIntent', () => {
  it('keeps what it was given', async () => {
    const enterpriseUuid = '00000000-0000-4000-8000-0000000000ee';
    const id = await ledger.intent({
      enterpriseName: 'Acme',
      enterpriseSlug: 'acme',
      enterpriseUuid,
      stripeCustomerId: 'cus_given',
      quantity: 7,
    });
    expect(await intentOf(id)).toMatchObject({
      uuid: INTENT_UUID,
      state: CREATED,
      enterprise_name: 'Acme',
      enterprise_slug: 'acme',
      enterprise_uuid: enterpriseUuid,
      stripe_customer_id: 'cus_given',
      quantity: 7,
    });
  });

  it('answers the present row to a repeat, and changes nothing of it', async () => {
    const id = await ledger.intent({ quantity: 7 });
    const before = [await intentOf(id), await historyOf(id)];
    expect(await ledger.intent({ quantity: 8, enterpriseName: 'Other' })).toBe(id);
    expect([await intentOf(id), await historyOf(id)]).toEqual(before);
  });

  it('answers one row to many repeats at once', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => ledger.intent()));
    expect(new Set(ids).size).toBe(1);
    expect(await historyOf(ids[0]!)).toHaveLength(1);
  });

  it('makes up a uuid where none is given', async () => {
    const [first, second] = [await ledger.intent({ uuid: undefined }), await ledger.intent({ uuid: null })];
    expect(second).not.toBe(first);
  });

  it('finds the subscription whose metadata named its uuid before it existed', async () => {
    await ledger.record(paid());
    const id = await ledger.intent();
    expect(await subscriptions()).toEqual([{ id: SUBSCRIPTION, checkout_intent_id: id }]);
    expect(await intentOf(id)).toMatchObject({ state: PAID, stripe_customer_id: CUSTOMER });
  });

  it('finds the subscription whose metadata named its id before it existed', async () => {
    const id = String(Number(await ledger.intent({ uuid: null })) + 1);
    await ledger.record(paid({ metadata: { checkout_intent_id: id } }));
    expect(await ledger.intent()).toBe(id);
    expect(await subscriptions()).toEqual([{ id: SUBSCRIPTION, checkout_intent_id: id }]);
  });

  it('is not paid by another customer’s invoice, and reports it', async () => {
    await ledger.record(paid());
    const id = await ledger.intent({ stripeCustomerId: 'cus_given' });
    expect(await intentOf(id)).toMatchObject({ state: CREATED, stripe_customer_id: 'cus_given' });
    expect((await ledger.raised('attention.needed')).map((event) => event.id)).toEqual([
      'attention.needed:FOREIGN_CUSTOMER:in_1',
      `attention.needed:FOREIGN_CUSTOMER:${SUBSCRIPTION}`,
    ]);
  });

  it('takes its subscription over from the intent whose renewal merely named it', async () => {
    const other = await ledger.intent({ uuid: null });
    await ledger.renewal(other, { stripeSubscriptionId: SUBSCRIPTION });
    await ledger.record(paid());
    expect(await subscriptions()).toMatchObject([{ checkout_intent_id: other }]);
    const id = await ledger.intent();
    expect(await subscriptions()).toMatchObject([{ checkout_intent_id: id }]);
  });

  const refused: [string, Parameters<TestLedger['intent']>[0]][] = [
    ['a quantity of zero', { quantity: 0 }],
    ['an empty name', { enterpriseName: ' ' }],
    ['a slug with NUL', { enterpriseSlug: 'a\0' }],
    ['a name with half a surrogate pair', { enterpriseName: '\ud800' }],
    ['a customer of 256 characters', { stripeCustomerId: 'c'.repeat(256) }],
  ];

  it.each(refused)('refuses %s', async (_name, input) => {
    await expect(ledger.intent(input)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('updateCheckoutIntent', () => {
  it('changes what is given, clears what is null, and leaves the rest', async () => {
    const id = await ledger.intent({ enterpriseName: 'Acme', enterpriseSlug: 'acme', quantity: 7 });
    await update({ id, enterpriseName: 'Acme Inc.', enterpriseSlug: null });
    expect(await intentOf(id)).toMatchObject({ enterprise_name: 'Acme Inc.', enterprise_slug: null, quantity: 7 });
  });

  it('tells in the history who changed what, and why', async () => {
    const id = await ledger.intent();
    await update({ id, quantity: 3, reason: 'more seats' });
    expect((await historyOf(id)).at(-1)).toMatchObject({
      by: 'operator',
      reason: 'more seats',
      changes: { quantity: [1, 3] },
    });
  });

  it('writes no history where nothing changes', async () => {
    const id = await ledger.intent();
    await update({ id, quantity: 1 });
    expect(await historyOf(id)).toHaveLength(1);
  });

  it('sets the customer, and settles by it', async () => {
    await ledger.record(paid());
    const id = await ledger.intent({ stripeCustomerId: 'cus_given' });
    await ledger.renewal(id);
    await update({ id, stripeCustomerId: CUSTOMER });
    expect(await ledger.renewals()).toMatchObject([{ invoiceId: 'in_1' }]);
    expect(await intentOf(id)).toMatchObject({ state: PAID });
  });

  it('that clears the customer lets it be derived again', async () => {
    const id = await ledger.intent({ stripeCustomerId: 'cus_given' });
    await ledger.record(paid());
    await update({ id, stripeCustomerId: null });
    expect(await intentOf(id)).toMatchObject({ stripe_customer_id: CUSTOMER });
  });

  it('of an intent that shares a subscription with another one works on both', async () => {
    const [id, other] = [await ledger.intent(), await ledger.intent({ uuid: null })];
    await ledger.record(paid());
    await ledger.renewal(other, { stripeSubscriptionId: SUBSCRIPTION });
    await update({ id, quantity: 2 });
    expect(await intentOf(id)).toMatchObject({ quantity: 2 });
  });

  it.each(['999999', '0', 'abc', '99999999999999999999'])('knows no intent %s', async (id) => {
    await expect(update({ id, quantity: 2 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(['state', 'quantity'])('cannot clear the %s', async (field) => {
    const id = await ledger.intent();
    await expect(update({ id, [field]: null })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

const allowed: Readonly<Record<string, readonly CheckoutIntentState[]>> = {
  [CREATED]: [PAID, EXPIRED],
  [PAID]: [FULFILLED, ...Object.values(ERRORED)],
  [FULFILLED]: [],
  [EXPIRED]: [CREATED, PAID],
  ...Object.fromEntries(Object.values(ERRORED).map((state) => [state, [FULFILLED]])),
};
const pairs = Object.values(CheckoutIntentState).flatMap((from) =>
  Object.values(CheckoutIntentState).map((to) => [from, to] as const),
);

describe('A checkout intent', () => {
  it.each(pairs.filter(([from, to]) => from === to || allowed[from]!.includes(to)))(
    'may go from %s to %s',
    async (from, to) => {
      const id = await ledger.intent({ state: from });
      await update({ id, state: to });
      expect(await intentOf(id)).toMatchObject({ state: to });
    },
  );

  it.each(pairs.filter(([from, to]) => from !== to && !allowed[from]!.includes(to)))(
    'may not go from %s to %s',
    async (from, to) => {
      const id = await ledger.intent({ state: from });
      await expect(update({ id, state: to })).rejects.toMatchObject({ code: 'LINK_CONFLICT' });
      expect(await intentOf(id)).toMatchObject({ state: from });
    },
  );

  it('of which a transition was refused keeps all that came with it from being changed, and is reported once', async () => {
    const id = await ledger.intent({ state: FULFILLED, enterpriseName: 'Acme' });
    for (const state of [CREATED, PAID])
      await expect(update({ id, state, enterpriseName: 'Other' })).rejects.toMatchObject({ code: 'LINK_CONFLICT' });
    expect(await intentOf(id)).toMatchObject({ enterprise_name: 'Acme' });
    expect(await ledger.raised('attention.needed')).toMatchObject([
      {
        id: `attention.needed:FORBIDDEN_TRANSITION:${id}`,
        object: { checkoutIntentId: id, checkoutIntentUuid: INTENT_UUID, subject: id },
      },
    ]);
  });

  it('that is set back to CREATED after a payment is PAID again', async () => {
    const id = await ledger.intent({ state: EXPIRED, stripeCustomerId: 'cus_given' });
    await ledger.record(paid());
    await update({ id, state: CREATED, stripeCustomerId: CUSTOMER });
    expect(await intentOf(id)).toMatchObject({ state: PAID });
  });
});

function update(input: Parameters<TestLedger['updateCheckoutIntent']>[0]): Promise<string> {
  return ledger.updateCheckoutIntent(input, 'operator');
}

async function intentOf(id: string): Promise<Record<string, unknown>> {
  const [row] = await ledger.db.sql('select * from checkout_intent where id = $1', [id]);
  if (row === undefined) throw new Error(`There is no checkout intent ${id}.`);
  return row;
}

function historyOf(id: string): Promise<Record<string, unknown>[]> {
  return ledger.db.sql('select * from checkout_intent_change where checkout_intent_id = $1 order by id', [id]);
}

function subscriptions(): Promise<Record<string, unknown>[]> {
  return ledger.db.sql('select id, checkout_intent_id from subscription order by id');
}
