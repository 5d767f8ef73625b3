import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LinkedBy, RenewalState } from '../../src/entities/states.js';
import type { RenewalRecord } from '../../src/ledger/records.js';
import { DUE, hoursFrom, instant, INTENT_UUID, SUBSCRIPTION } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

let ledger: TestLedger;
let intentId: string;
beforeAll(async () => void (ledger = await openTestLedger()));
afterAll(() => ledger.close());
beforeEach(async () => {
  await ledger.empty();
  intentId = await ledger.intent();
});

const metadata = { checkout_intent_uuid: INTENT_UUID };
const event = (status: 'open' | 'paid' | 'void', spec: InvoiceSpec = {}) => {
  const type = { open: 'invoice.finalized', paid: 'invoice.paid', void: 'invoice.voided' } as const;
  return aStripeEvent(type[status], anInvoice({ id: 'in_1', metadata, status, ...spec }));
};

describe('createRenewal', () => {
  it('keeps what it was given', async () => {
    const given = {
      subscriptionPlanRenewalId: '42',
      priorSubscriptionPlanUuid: '00000000-0000-4000-8000-00000000000a',
      renewedSubscriptionPlanUuid: '00000000-0000-4000-8000-00000000000b',
    };
    await ledger.renewal(intentId, { ...given, stripeSubscriptionId: SUBSCRIPTION });
    expect(await only()).toMatchObject({
      ...given,
      intentId,
      givenSubscriptionId: SUBSCRIPTION,
      subscriptionId: SUBSCRIPTION,
      givenDate: instant(DUE),
      effectiveDate: instant(DUE),
      state: RenewalState.SCHEDULED,
    });
  });

  it('answers the present row to a repeat, and changes nothing of it', async () => {
    const id = await ledger.renewal(intentId, { subscriptionPlanRenewalId: '42' });
    const before = [await only(), await historyOf(id)];
    const repeat = { subscriptionPlanRenewalId: '42', effectiveDate: instant('2030-01-01') };
    expect(await ledger.renewal(intentId, repeat)).toBe(id);
    expect(await ledger.renewal('999999', repeat)).toBe(id);
    expect([await only(), await historyOf(id)]).toEqual(before);
  });

  it('answers one row to many repeats at once', async () => {
    const create = () => ledger.renewal(intentId, { subscriptionPlanRenewalId: '42' });
    expect(new Set(await Promise.all(Array.from({ length: 8 }, create))).size).toBe(1);
    expect(await ledger.renewals()).toHaveLength(1);
  });

  it('finds the paid invoice that came before it, and says so', async () => {
    await ledger.record(event('paid'));
    const id = await ledger.renewal(intentId);
    expect(await only()).toMatchObject({ invoiceId: 'in_1', linkedBy: LinkedBy.RULE, state: RenewalState.PAID });
    expect(await raisedIds()).toContain(`renewal.paid:${id}:in_1`);
    expect(ledger.signals).toContain('link:in_1');
  });

  it('tells in the history what it began as', async () => {
    const id = await ledger.renewal(intentId);
    expect(await historyOf(id)).toMatchObject([
      {
        by: 'tests',
        reason: 'created',
        changes: { state: [null, 'SCHEDULED'], effectiveDate: [null, '2026-03-01T00:00:00.000Z'] },
      },
    ]);
  });

  it('refuses a second one of the subscription at the same date', async () => {
    await ledger.record(event('open', { billingReason: 'manual' }));
    await ledger.renewal(intentId);
    await expect(ledger.renewal(intentId)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await ledger.renewals()).toHaveLength(1);
  });

  it('refuses a second one at the same date before the subscription is known', async () => {
    await ledger.renewal(intentId);
    await expect(ledger.renewal(intentId)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('takes one at the same date of another intent, or after the first was canceled', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.renewal(await ledger.intent({ uuid: null }));
    await update({ id, isCanceled: true });
    await ledger.renewal(intentId);
    expect(await ledger.renewals()).toHaveLength(3);
  });

  it('keeps the invoice that it names, though no event of it has come', async () => {
    await ledger.renewal(intentId, { stripeInvoiceId: 'in_old', processedAt: instant('2025-03-02') });
    expect(await only()).toMatchObject({
      invoiceId: 'in_old',
      linkedBy: LinkedBy.PERSON,
      state: RenewalState.PROCESSED,
    });
    expect(await raisedIds('renewal.paid', 'renewal.processed')).toEqual([]);
  });

  it('refuses an invoice that another renewal holds', async () => {
    await ledger.renewal(intentId, { stripeInvoiceId: 'in_old' });
    const second = ledger.renewal(intentId, { stripeInvoiceId: 'in_old', effectiveDate: instant('2027-03-01') });
    await expect(second).rejects.toMatchObject({ code: 'LINK_CONFLICT' });
  });

  it('refuses an invoice of another customer', async () => {
    const other = await ledger.intent({ uuid: null, stripeCustomerId: 'cus_other' });
    await ledger.record(event('open'));
    await expect(ledger.renewal(other, { stripeInvoiceId: 'in_1' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it.each(['999999', '0', 'abc', '99999999999999999999'])('knows no intent %s', async (id) => {
    await expect(ledger.renewal(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['a date before 1970', { effectiveDate: instant('0044-03-15') }],
    ['a date beyond the year 9999', { effectiveDate: new Date(8.64e15) }],
    ['a date that is none', { effectiveDate: new Date(Number.NaN) }],
    ['an empty id', { subscriptionPlanRenewalId: '' }],
    ['a subscription with NUL', { stripeSubscriptionId: 'sub_\0' }],
  ])('refuses %s', async (_name, input) => {
    await expect(ledger.renewal(intentId, input)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('updateRenewal', () => {
  it('sets a date, for which its invoice is found', async () => {
    await ledger.record(event('open'));
    const id = await ledger.renewal(intentId, { effectiveDate: instant('2026-05-01') });
    await update({ id, effectiveDate: instant(DUE) });
    expect(await only()).toMatchObject({ invoiceId: 'in_1', isDateFixed: true });
    expect(await raisedIds('renewal.rescheduled', 'renewal.linked')).toHaveLength(2);
  });

  it('takes the date away, and the open invoice with it', async () => {
    await ledger.record(event('open'));
    const id = await ledger.renewal(intentId);
    await update({ id, effectiveDate: null });
    expect(await only()).toMatchObject({ effectiveDate: null, isDateFixed: false, invoiceId: null });
    expect(await raisedIds('renewal.unlinked')).toHaveLength(1);
  });

  it('cancels, and takes it back', async () => {
    const id = await ledger.renewal(intentId);
    await update({ id, isCanceled: true });
    expect(await only()).toMatchObject({ state: RenewalState.CANCELED, isCanceled: true });
    await update({ id, isCanceled: false });
    expect(await only()).toMatchObject({ state: RenewalState.SCHEDULED, isCanceled: false });
  });

  it('names the subscription, whose invoice is then found', async () => {
    await ledger.record(event('open', { metadata: {} }));
    const id = await ledger.renewal(intentId);
    await update({ id, stripeSubscriptionId: SUBSCRIPTION });
    expect(await only()).toMatchObject({ subscriptionId: SUBSCRIPTION, invoiceId: 'in_1' });
  });

  it('leaves what is left out, and tells why in the history', async () => {
    const id = await ledger.renewal(intentId, { stripeSubscriptionId: SUBSCRIPTION });
    const uuid = '00000000-0000-4000-8000-00000000000c';
    await update({ id, renewedSubscriptionPlanUuid: uuid, reason: 'another plan' });
    expect(await only()).toMatchObject({
      givenSubscriptionId: SUBSCRIPTION,
      givenDate: instant(DUE),
      isDateFixed: false,
    });
    const expected = { by: 'operator', reason: 'another plan', changes: { renewedSubscriptionPlanUuid: [null, uuid] } };
    expect((await historyOf(id)).at(-1)).toMatchObject(expected);
  });

  it('keeps a reason of some sentences, as an intent does, and refuses a whole book', async () => {
    const [sentences, book] = ['Why it is so. '.repeat(100), 'x'.repeat(2_001)];
    const id = await ledger.renewal(intentId);
    await ledger.updateRenewal({ id, isCanceled: true, reason: sentences }, 'ops');
    expect((await historyOf(id)).at(-1)).toMatchObject({ reason: sentences });
    await ledger.updateCheckoutIntent({ id: intentId, quantity: 2, reason: sentences }, 'ops');
    const refused = { code: 'BAD_USER_INPUT', message: 'reason is longer than 2000 characters.' };
    await expect(ledger.updateRenewal({ id, reason: book }, 'ops')).rejects.toMatchObject(refused);
    await expect(ledger.updateCheckoutIntent({ id: intentId, reason: book }, 'ops')).rejects.toMatchObject(refused);
  });

  it('refuses a date that another renewal of the subscription has', async () => {
    await ledger.renewal(intentId);
    const id = await ledger.renewal(intentId, { effectiveDate: hoursFrom(1) });
    await expect(update({ id, effectiveDate: instant(DUE) })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('refuses to take back a cancellation where another renewal has taken the date', async () => {
    const id = await ledger.renewal(intentId);
    await update({ id, isCanceled: true });
    await ledger.renewal(intentId);
    await expect(update({ id, isCanceled: false })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('refuses to cancel, or to move to another subscription, what is paid', async () => {
    await ledger.record(event('paid'));
    const id = await ledger.renewal(intentId);
    await expect(update({ id, isCanceled: true })).rejects.toMatchObject({ code: 'LINK_CONFLICT' });
    await expect(update({ id, stripeSubscriptionId: 'sub_2' })).rejects.toMatchObject({ code: 'LINK_CONFLICT' });
  });

  it.each(['999999', '0', 'abc'])('knows no renewal %s', async (id) => {
    await expect(update({ id, isCanceled: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('markRenewalProcessed', () => {
  it('finishes a paid renewal, once', async () => {
    await ledger.record(event('paid'));
    const id = await ledger.renewal(intentId);
    await Promise.all(Array.from({ length: 4 }, () => ledger.markRenewalProcessed(id, 'processor')));
    const [{ processedAt }] = [await only()];
    await ledger.markRenewalProcessed(id, 'again');
    expect(await only()).toMatchObject({ state: RenewalState.PROCESSED, processedAt });
    expect(await ledger.raised('renewal.processed')).toMatchObject([
      { id: `renewal.processed:${id}`, object: { processedBy: 'processor', stripeInvoiceId: 'in_1' } },
    ]);
  });

  it.each(['open', 'void'] as const)('is refused while its invoice is %s', async (status) => {
    await ledger.record(event(status));
    const id = await ledger.renewal(intentId);
    await expect(ledger.markRenewalProcessed(id, 'processor')).rejects.toMatchObject({ code: 'LINK_CONFLICT' });
  });

  it('keeps the link when the invoice is voided after all, and reports it', async () => {
    const id = await ledger.renewal(intentId, { stripeInvoiceId: 'in_1', processedAt: instant('2026-03-02') });
    await ledger.record(event('void'));
    expect(await only()).toMatchObject({ id, invoiceId: 'in_1', state: RenewalState.PROCESSED });
    expect(await raisedIds('attention.needed')).toEqual(['attention.needed:VOIDED_AFTER_PROCESSED:in_1']);
  });
});

type Update = Parameters<TestLedger['updateRenewal']>[0];

function update(input: Omit<Update, 'reason'> & { reason?: string }): Promise<string> {
  return ledger.updateRenewal({ reason: 'a test', ...input }, 'operator');
}

async function only(): Promise<RenewalRecord> {
  const [renewal, ...others] = await ledger.renewals();
  if (renewal === undefined || others.length > 0) throw new Error('There is not exactly one renewal.');
  return renewal;
}

function historyOf(id: string): Promise<Record<string, unknown>[]> {
  return ledger.db.sql('select * from renewal_change where renewal_id = $1 order by id', [id]);
}

async function raisedIds(...types: string[]): Promise<string[]> {
  return (await ledger.raised(...types)).map(({ id }) => id);
}
