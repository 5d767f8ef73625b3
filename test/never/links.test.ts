import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hoursFrom, INTENT_UUID } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

let ledger: TestLedger;
beforeAll(async () => void (ledger = await openTestLedger()));
afterAll(() => ledger.close());
beforeEach(() => ledger.empty());

const paid = (spec: InvoiceSpec) =>
  aStripeEvent('invoice.paid', anInvoice({ metadata: { checkout_intent_uuid: INTENT_UUID }, ...spec }));
const open = (spec: InvoiceSpec) =>
  aStripeEvent(
    'invoice.finalized',
    anInvoice({ metadata: { checkout_intent_uuid: INTENT_UUID }, status: 'open', ...spec }),
  );
const links = async () => (await ledger.renewals()).map(({ invoiceId }) => invoiceId);
const reports = async () => (await ledger.raised('attention.needed')).map(({ object }) => object['code']);

describe('Never', () => {
  it('a paid link overwritten: neither by a better claim, nor by a person, nor by a date that moves', async () => {
    const renewalId = await ledger.renewal(await ledger.intent());
    await ledger.record(paid({ id: 'in_far', serviceStart: hoursFrom(3) }));
    await ledger.record(paid({ id: 'in_near' }));
    expect(await links()).toEqual(['in_far']);
    const { outcome } = await ledger.linkInvoice({ invoiceId: 'in_near', renewalId }, 'operator');
    expect(outcome).toBe('CONFLICT');
    await ledger.updateRenewal({ id: renewalId, effectiveDate: hoursFrom(2000), reason: 'moved' }, 'operator');
    expect(await links()).toEqual(['in_far']);
    expect(await reports()).toContain('BETTER_CLAIM');
  });

  it('a hand-made link overwritten, though its invoice is open and a paid one is nearer', async () => {
    const renewalId = await ledger.renewal(await ledger.intent());
    await ledger.record(open({ id: 'in_chosen', serviceStart: hoursFrom(900) }));
    await ledger.linkInvoice({ invoiceId: 'in_chosen', renewalId }, 'operator');
    await ledger.record(paid({ id: 'in_near' }));
    expect(await links()).toEqual(['in_chosen']);
    expect(await reports()).toEqual(['BETTER_CLAIM']);
  });

  it('a link that a person took back made again by rule', async () => {
    const renewalId = await ledger.renewal(await ledger.intent());
    await ledger.record(paid({ id: 'in_1' }));
    await ledger.unlinkInvoice({ renewalId, reason: 'wrong' }, 'operator');
    await ledger.record(
      aStripeEvent('invoice.updated', anInvoice({ id: 'in_1', created: hoursFrom(5).toISOString() })),
    );
    expect(await links()).toEqual([null]);
  });

  it('a guess between two candidates: nothing is linked, and both are named', async () => {
    const intent = await ledger.intent();
    await ledger.renewal(intent, { effectiveDate: hoursFrom(-1) });
    await ledger.renewal(intent, { effectiveDate: hoursFrom(1) });
    await ledger.record(paid({ id: 'in_between' }));
    expect(await links()).toEqual([null, null]);
    expect(await ledger.explainMatch('in_between')).toMatchObject({
      outcome: 'AMBIGUOUS',
      candidates: [{ code: 'TIE' }, { code: 'TIE' }],
    });
  });
});
