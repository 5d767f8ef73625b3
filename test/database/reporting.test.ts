import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Announcer } from '../../src/ledger/announcer.js';
import { createReporting, type Reporting } from '../../src/ledger/reporting.js';
import { hoursFrom, INTENT_UUID } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';

const none = async () => undefined;
const announcer: Announcer = {
  routeOf: () => ({ state: 'PENDING', ignoredBecause: null }),
  wake: none,
  signal: none,
};

let ledger: TestLedger;
let reporting: Reporting;
beforeAll(async () => {
  ledger = await openTestLedger();
  reporting = createReporting({
    em: ledger.db.orm.em,
    announcer,
    clock: systemClock,
    unmatchedGraceMinutes: 60,
    overdueGraceHours: 6,
  });
});
afterAll(() => ledger.close());
beforeEach(() => ledger.empty());

const event = (spec: InvoiceSpec = {}) =>
  aStripeEvent('invoice.paid', anInvoice({ id: 'in_1', metadata: { checkout_intent_uuid: INTENT_UUID }, ...spec }));

/** Records invoices as if that had been so long ago. */
async function recorded(interval: string, ...events: object[]): Promise<void> {
  await ledger.record(...events);
  await ledger.db.sql('update invoice set recorded_at = recorded_at - $1::interval', [interval]);
}

/** Reports twice: what is raised must be raised once. */
async function report(): Promise<readonly { id: string; object: object }[]> {
  for (let run = 0; run < 2; run += 1) await Promise.all([reporting.reportInvoices(), reporting.reportOverdue()]);
  return ledger.raised('renewal.unmatched', 'renewal.conflict', 'renewal.overdue');
}

const overdueBy = (hours: number) => hoursFrom(-hours, systemClock.now().toISOString());

describe('renewal.unmatched', () => {
  it('is raised once for an eligible invoice that still has no renewal after the grace', async () => {
    const id = await ledger.intent();
    await recorded('61 minutes', event());
    expect(await report()).toMatchObject([
      {
        id: 'renewal.unmatched:in_1',
        object: { checkoutIntentId: id, outcome: 'NO_RENEWAL', code: expect.any(String) },
      },
    ]);
  });

  it.each([
    ['before the grace is over', '59 minutes', {}],
    ['for an invoice whose billing reason is absent', '61 minutes', { billingReason: null }],
    ['for a change of plan', '61 minutes', { billingReason: 'subscription_update' }],
  ] as const)('is not raised %s', async (_when, ago, spec) => {
    await ledger.intent();
    await recorded(ago, event(spec));
    expect(await report()).toEqual([]);
  });

  it('is not raised while nobody owns the subscription', async () => {
    await recorded('61 minutes', event());
    expect(await report()).toEqual([]);
  });

  it('is not raised when the renewal came within the grace', async () => {
    await recorded('61 minutes', event());
    await ledger.renewal(await ledger.intent());
    expect(await report()).toEqual([]);
  });

  it('is raised of every invoice, however many there are', async () => {
    await ledger.intent();
    const many = Array.from({ length: 230 }, (_, index) =>
      event({ id: `in_${index}`, subscription: `sub_${index % 7}` }),
    );
    await recorded('61 minutes', ...many);
    expect(await report()).toHaveLength(230);
  });
});

describe('renewal.conflict', () => {
  it('is raised once, and names the invoice that holds the renewal', async () => {
    const renewalId = await ledger.renewal(await ledger.intent());
    await recorded('61 minutes', event(), event({ id: 'in_2', serviceStart: hoursFrom(1) }));
    expect(await report()).toMatchObject([
      { id: `renewal.conflict:${renewalId}:in_2`, object: { stripeInvoiceId: 'in_2', heldByInvoiceId: 'in_1' } },
    ]);
  });

  it('is raised again when the invoice wants another renewal, which an invoice holds too', async () => {
    const intent = await ledger.intent();
    const first = await ledger.renewal(intent);
    const second = await ledger.renewal(intent, { effectiveDate: hoursFrom(12) });
    const wanting = (status: 'draft' | 'open', hours: number) =>
      aStripeEvent('invoice.updated', anInvoice({ id: 'in_2', status, serviceStart: hoursFrom(hours) }));
    await recorded('61 minutes', event(), event({ id: 'in_3', serviceStart: hoursFrom(12) }), wanting('draft', 1));
    expect(await report()).toMatchObject([{ id: `renewal.conflict:${first}:in_2` }]);
    await ledger.record(wanting('open', 11));
    expect(await report()).toMatchObject([
      { id: `renewal.conflict:${first}:in_2`, object: { heldByInvoiceId: 'in_1' } },
      { id: `renewal.conflict:${second}:in_2`, object: { heldByInvoiceId: 'in_3' } },
    ]);
  });
});

describe('renewal.overdue', () => {
  it('is raised once for a renewal without an invoice after the grace', async () => {
    const effectiveDate = overdueBy(7);
    const id = await ledger.renewal(await ledger.intent(), { effectiveDate });
    expect(await report()).toMatchObject([{ id: `renewal.overdue:${id}:${effectiveDate.toISOString()}` }]);
  });

  it('is raised again for another date', async () => {
    const id = await ledger.renewal(await ledger.intent(), { effectiveDate: overdueBy(7) });
    await report();
    await ledger.updateRenewal({ id, effectiveDate: overdueBy(30), reason: 'agreed' }, 'operator');
    expect(await report()).toHaveLength(2);
  });

  it.each(['in time', 'linked', 'canceled'])('is not raised for a renewal that is %s', async (state) => {
    const due = overdueBy(state === 'in time' ? 5 : 7);
    const id = await ledger.renewal(await ledger.intent(), { effectiveDate: due });
    if (state === 'canceled') await ledger.updateRenewal({ id, isCanceled: true, reason: 'gone' }, 'operator');
    if (state === 'linked') await ledger.record(event({ serviceStart: due.toISOString() }));
    expect(await report()).toEqual([]);
  });
});
