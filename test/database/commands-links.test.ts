import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LinkedBy, RenewalState } from '../../src/entities/states.js';
import { MatchOutcome } from '../../src/ledger/records.js';
import { CUSTOMER, hoursFrom, instant, INTENT_UUID } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

let ledger: TestLedger;
let intentId: string;
beforeAll(async () => void (ledger = await openTestLedger()));
afterAll(() => ledger.close());
beforeEach(async () => {
  await ledger.empty();
  intentId = await ledger.intent();
});

const { LINKED, ALREADY_LINKED, CONFLICT, NO_RENEWAL, AMBIGUOUS, NOT_A_RENEWAL, INCOMPLETE } = MatchOutcome;
const OTHER_UUID = '00000000-0000-4000-8000-000000000002';
const TYPES = {
  draft: 'invoice.created',
  open: 'invoice.finalized',
  paid: 'invoice.paid',
  void: 'invoice.voided',
} as const;

function event({ metadata = { checkout_intent_uuid: INTENT_UUID }, ...spec }: InvoiceSpec = {}): object {
  const status = (spec.status ?? 'paid') as keyof typeof TYPES;
  return aStripeEvent(TYPES[status], anInvoice({ id: 'in_1', metadata, ...spec }));
}

const link = (invoiceId: string, renewalId?: string) => ledger.linkInvoice({ invoiceId, renewalId }, 'operator');
const unlink = (renewalId: string) => ledger.unlinkInvoice({ renewalId, reason: 'wrong invoice' }, 'operator');

describe('linkInvoice by the rules answers', () => {
  const unlinked: [MatchOutcome, string, InvoiceSpec, number[]][] = [
    [NO_RENEWAL, 'ELIGIBLE', {}, []],
    [NO_RENEWAL, 'ELIGIBLE', {}, [30]],
    [AMBIGUOUS, 'ELIGIBLE', {}, [2, -2]],
    [NOT_A_RENEWAL, 'BILLING_REASON', { billingReason: 'manual' }, [0]],
    [NOT_A_RENEWAL, 'NOT_LIVE', { status: 'void' }, [0]],
    [NOT_A_RENEWAL, 'NO_SUBSCRIPTION', { subscription: null }, [0]],
    [INCOMPLETE, 'INCOMPLETE', { hasMore: true, lines: [] }, [0]],
  ];

  it.each(unlinked)('%s by %s', async (outcome, code, spec, hours) => {
    for (const hour of hours) await ledger.renewal(intentId, { effectiveDate: hoursFrom(hour) });
    await ledger.record(event(spec));
    const answer = await link('in_1');
    expect(answer).toMatchObject({ outcome, renewalId: null, explanation: { outcome, code } });
    expect(answer.explanation.candidates).toHaveLength(code === 'ELIGIBLE' ? hours.length : 0);
    expect(await ledger.explainMatch('in_1')).toEqual(answer.explanation);
  });

  it('LINKED for an invoice that was stored before the rules knew its intent', async () => {
    await ledger.record(event());
    const id = await ledger.renewal(intentId);
    await ledger.db.sql("update renewal set stripe_invoice_id = null, linked_by = null, state = 'SCHEDULED'");
    await ledger.db.sql('update invoice set is_linked = false');
    expect(await link('in_1')).toMatchObject({ outcome: LINKED, renewalId: id });
  });

  it('ALREADY_LINKED with the renewal that it has', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event());
    expect(await link('in_1')).toMatchObject({ outcome: ALREADY_LINKED, renewalId: id });
  });

  it('CONFLICT with the renewal that another holds', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event(), event({ id: 'in_2', serviceStart: hoursFrom(1) }));
    const answer = await link('in_2');
    expect(answer).toMatchObject({ outcome: CONFLICT, renewalId: id });
    expect(answer.explanation.candidates).toMatchObject([{ renewalId: id, code: 'TAKEN', accepted: false }]);
  });

  it('NOT_FOUND for an invoice of which no event has come', async () => {
    await expect(link('in_unknown')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await ledger.explainMatch('in_unknown')).toBeNull();
  });
});

describe('linkInvoice by name', () => {
  it('links what no rule would, by a person', async () => {
    const id = await ledger.renewal(intentId, { effectiveDate: instant('2028-01-01') });
    await ledger.record(event({ billingReason: 'manual' }));
    expect(await link('in_1', id)).toMatchObject({
      outcome: LINKED,
      renewalId: id,
      explanation: { code: 'LINKED_BY_PERSON' },
    });
    expect(await ledger.renewals()).toMatchObject([
      { invoiceId: 'in_1', linkedBy: LinkedBy.PERSON, state: RenewalState.PAID },
    ]);
    expect(await ledger.explainMatch('in_1')).toMatchObject({
      outcome: LINKED,
      code: 'LINKED_BY_PERSON',
      renewalId: id,
    });
    expect(await ledger.raised('renewal.paid')).toMatchObject([{ id: `renewal.paid:${id}:in_1` }]);
  });

  it('takes an invoice that is not known yet, whose facts then follow the link', async () => {
    const id = await ledger.renewal(intentId, { effectiveDate: instant('2028-01-01') });
    expect(await link('in_1', id)).toMatchObject({ outcome: LINKED, renewalId: id });
    expect(await ledger.renewals()).toMatchObject([{ invoiceId: 'in_1', state: RenewalState.LINKED }]);
    await ledger.record(event({ metadata: {}, subscription: null }));
    expect(await ledger.renewals()).toMatchObject([{ invoiceId: 'in_1', state: RenewalState.PAID }]);
    expect(await ledger.raised('renewal.paid')).toHaveLength(1);
  });

  it('never overwrites: ALREADY_LINKED, wherever the invoice is linked', async () => {
    const id = await ledger.renewal(intentId);
    const other = await ledger.renewal(intentId, { effectiveDate: instant('2028-01-01') });
    await ledger.record(event());
    expect(await link('in_1', other)).toMatchObject({ outcome: ALREADY_LINKED, renewalId: id });
    expect(await link('in_1', id)).toMatchObject({ outcome: ALREADY_LINKED, renewalId: id });
  });

  it('never overwrites: CONFLICT, where the renewal has an invoice', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event());
    expect(await link('in_other', id)).toMatchObject({ outcome: CONFLICT, renewalId: id });
  });

  it('refuses the invoice of another customer', async () => {
    const id = await ledger.renewal(await ledger.intent({ uuid: OTHER_UUID, stripeCustomerId: 'cus_other' }));
    await ledger.record(event());
    const answer = await link('in_1', id);
    expect(answer).toMatchObject({ outcome: NO_RENEWAL, renewalId: null, explanation: { code: 'OTHER_CUSTOMER' } });
  });

  it('refuses a void invoice', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event({ status: 'void' }));
    expect(await link('in_1', id)).toMatchObject({ outcome: NOT_A_RENEWAL, explanation: { code: 'NOT_LIVE' } });
  });

  it('makes a link again that was taken back', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event());
    await unlink(id);
    expect(await link('in_1')).toMatchObject({ outcome: NO_RENEWAL });
    expect(await link('in_1', id)).toMatchObject({ outcome: LINKED, renewalId: id });
  });

  it('knows no renewal that is not there', async () => {
    await expect(link('in_1', '999999')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(link('in_1', 'abc')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('takes an invoice to a renewal of another intent, and gives it back by unlinkInvoice', async () => {
    const other = await ledger.intent({ uuid: OTHER_UUID, stripeCustomerId: CUSTOMER });
    const [own, foreign] = [await ledger.renewal(intentId, { effectiveDate: null }), await ledger.renewal(other)];
    await ledger.record(event());
    expect(await link('in_1', foreign)).toMatchObject({ outcome: LINKED, renewalId: foreign });
    await ledger.updateRenewal({ id: own, effectiveDate: hoursFrom(1), reason: 'now it is known' }, 'operator');
    expect(await linksOf()).toEqual({ [own]: null, [foreign]: 'in_1' });
    await unlink(foreign);
    expect(await linksOf()).toEqual({ [own]: 'in_1', [foreign]: null });
  });
});

describe('unlinkInvoice', () => {
  it('takes a link back for good: no rule makes it again', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event());
    await unlink(id);
    await ledger.record(event({ created: '2026-03-02' }));
    expect(await ledger.renewals()).toMatchObject([{ invoiceId: null, linkedBy: null, state: RenewalState.SCHEDULED }]);
    const [refused] = await ledger.db.sql('select * from refused_pair');
    expect(refused).toMatchObject({
      renewal_id: id,
      stripe_invoice_id: 'in_1',
      by: 'operator',
      reason: 'wrong invoice',
    });
    expect(await ledger.raised('renewal.unlinked')).toMatchObject([
      { object: { stripeInvoiceId: 'in_1', reason: 'wrong invoice' } },
    ]);
  });

  it('lets the renewal take its next best invoice at once', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event(), event({ id: 'in_2', serviceStart: hoursFrom(1) }));
    await unlink(id);
    expect(await linksOf()).toEqual({ [id]: 'in_2' });
    expect(await ledger.raised('renewal.unlinked', 'renewal.linked')).toHaveLength(3);
  });

  it('takes back a link to an invoice that is not known', async () => {
    const id = await ledger.renewal(intentId, { stripeInvoiceId: 'in_unknown' });
    await unlink(id);
    expect(await linksOf()).toEqual({ [id]: null });
  });

  it('is refused where there is no link', async () => {
    await expect(unlink(await ledger.renewal(intentId))).rejects.toMatchObject({ code: 'LINK_CONFLICT' });
  });

  it('is refused once the renewal was processed', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event());
    await ledger.markRenewalProcessed(id, 'processor');
    await expect(unlink(id)).rejects.toMatchObject({ code: 'LINK_CONFLICT' });
  });

  it('is refused once processing has begun', async () => {
    const id = await ledger.renewal(intentId);
    await ledger.record(event());
    await ledger.db.sql('update renewal set processing_started_at = now()');
    await expect(unlink(id)).rejects.toMatchObject({ code: 'LINK_CONFLICT' });
  });

  it('needs a reason, and a renewal that is there', async () => {
    const id = await ledger.renewal(intentId);
    await expect(ledger.unlinkInvoice({ renewalId: id, reason: '' }, 'operator')).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    await expect(unlink('999999')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

async function linksOf(): Promise<Record<string, string | null>> {
  return Object.fromEntries((await ledger.renewals()).map(({ id, invoiceId }) => [id, invoiceId]));
}
