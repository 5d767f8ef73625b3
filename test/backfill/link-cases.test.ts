import type { InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DUE } from '../support/builders.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';
import { anOldCustomer, type LinkBackfills, type OldCustomer, openLinkBackfills } from '../support/link-backfills.js';

let ledger: TestLedger;
let backfills: LinkBackfills;
beforeAll(async () => {
  ledger = await openTestLedger();
  backfills = openLinkBackfills(ledger.db);
});
afterAll(() => ledger.close());
beforeEach(() => ledger.empty());

const NEXT = '2027-03-01T00:00:00Z';
const trial: InvoiceSpec = {
  id: 'in_trial',
  billingReason: 'subscription_create',
  serviceStart: '2026-02-01',
  serviceEnd: DUE,
  total: 0,
};
const cycle: InvoiceSpec = { id: 'in_cycle', serviceStart: DUE, serviceEnd: NEXT };

type Expected = readonly [date: string | null, invoice: string | null];

interface Case {
  readonly name: string;
  setUp(one: OldCustomer): Promise<unknown>;
  readonly renewals: readonly Expected[];
  readonly codes?: readonly string[];
}

const cases: Case[] = [
  {
    name: 'each of several renewals of a customer gets its own invoice',
    setUp: async (one) => [
      await one.renewal({ date: NEXT }),
      await one.renewal({ date: DUE }),
      await one.stored(cycle),
      await one.stored({ id: 'in_next', serviceStart: NEXT }),
    ],
    renewals: [
      [NEXT, 'in_next'],
      [DUE, 'in_cycle'],
    ],
  },
  {
    name: 'of several candidates the paid one pays, and the others stay free',
    setUp: async (one) => [
      await one.renewal({ date: DUE }),
      await one.stored({ ...cycle, id: 'in_open', status: 'open' }, { type: 'invoice.finalized' }),
      await one.stored({ ...cycle, serviceStart: '2026-03-01T05:00:00Z' }),
    ],
    renewals: [[DUE, 'in_cycle']],
  },
  {
    name: 'two renewals equally near are never guessed between',
    setUp: async (one) => [
      await one.renewal({ date: '2026-02-28T22:00:00Z' }),
      await one.renewal({ date: '2026-03-01T02:00:00Z' }),
      await one.stored(cycle),
    ],
    renewals: [
      ['2026-02-28T22:00:00.000Z', null],
      ['2026-03-01T02:00:00.000Z', null],
    ],
    codes: ['TIE', 'TIE'],
  },
  {
    name: 'a total of zero pays as any other',
    setUp: async (one) => [await one.renewal({ date: DUE }), await one.stored({ ...cycle, total: 0 })],
    renewals: [[DUE, 'in_cycle']],
  },
  {
    name: 'what was paid from credit pays as any other',
    setUp: async (one) => [
      await one.renewal({ date: DUE }),
      await one.stored({ ...cycle, total: 24_000, amountPaid: 0 }),
    ],
    renewals: [[DUE, 'in_cycle']],
  },
  {
    name: 'an invoice that another renewal holds is left there',
    setUp: async (one) => [
      await one.renewal({ date: DUE }),
      await one.renewal({ date: NEXT, invoice: 'in_cycle' }),
      await one.stored(cycle),
    ],
    renewals: [
      [DUE, null],
      [NEXT, 'in_cycle'],
    ],
    codes: ['NO_INVOICE'],
  },
  {
    name: 'a first renewal is dated by its line in the trial invoice, wherever that stands',
    setUp: async (one) => [
      await one.renewal(),
      await one.stored({
        ...trial,
        lines: [{ kind: 'item', start: '2025-01-01', end: '2025-06-01' }, { kind: 'item', proration: true }, {}],
      }),
    ],
    renewals: [[DUE, null]],
    codes: ['NO_INVOICE'],
  },
  {
    name: 'a renewal with an invoice is dated by its period start',
    setUp: async (one) => [await one.renewal({ invoice: 'in_cycle' }), await one.stored(cycle)],
    renewals: [[DUE, 'in_cycle']],
  },
  {
    name: 'a period end that another renewal has by a clock of its own is taken',
    setUp: async (one) => [
      await one.renewal({ date: '2026-03-01T06:00:00Z' }),
      await one.renewal(),
      await one.stored({ ...trial, status: 'paid' }),
    ],
    renewals: [
      ['2026-03-01T06:00:00.000Z', null],
      [null, null],
    ],
    codes: ['NO_INVOICE', 'NO_PERIOD_END'],
  },
  {
    name: 'two period ends without a renewal are never guessed between',
    setUp: async (one) => [await one.renewal(), await one.stored(trial), await one.stored(cycle)],
    renewals: [[null, null]],
    codes: ['SEVERAL_PERIOD_ENDS'],
  },
  {
    name: 'an invoice of another customer pays for nothing',
    setUp: async (one) => [await one.renewal({ date: DUE }), await one.stored({ ...cycle, customer: 'cus_stranger' })],
    renewals: [[DUE, null]],
    codes: ['OTHER_CUSTOMER'],
  },
  {
    name: 'malformed payloads are told of, and take nothing from their neighbours',
    setUp: async (one) => [
      await one.renewal({ date: DUE }),
      await one.stored({ ...cycle, raw: { currency: 'u\0d' } }),
      await one.stored({ id: 'in_b1' }, { body: '{"data":' }),
      await one.stored({ id: 'in_b2' }, { body: '{"created":"x","data":{"object":[]}}' }),
    ],
    renewals: [[DUE, 'in_cycle']],
    codes: ['UNREADABLE'],
  },
];

const rows = async () =>
  (await ledger.renewals()).map(({ effectiveDate, invoiceId }) => [effectiveDate?.toISOString() ?? null, invoiceId]);
const iso = ([date, invoice]: Expected) => [date === null ? null : new Date(date).toISOString(), invoice];

describe('a backfill of links and dates', () => {
  it.each(cases)('$name', async ({ setUp, renewals, codes = [] }) => {
    await setUp(await anOldCustomer(ledger.db));
    const before = await ledger.db.sql('select * from renewal order by id');
    const dry = await backfills.run({ dryRun: true });
    expect(await ledger.db.sql('select * from renewal order by id')).toEqual(before);
    expect(await ledger.db.sql('select from invoice')).toEqual([]);
    const real = await backfills.run();
    expect(await rows()).toEqual(renewals.map(iso));
    expect(real.problems.map(({ code }) => code).toSorted()).toEqual([...codes].toSorted());
    expect({ ...dry, id: '' }).toEqual({ ...real, id: '' });
    const after = await everything();
    await backfills.run();
    expect(await everything()).toEqual(after);
  });
});

/** All that a run could write, beside its own bookkeeping. */
async function everything(): Promise<unknown> {
  const tables = ['renewal', 'renewal_change', 'invoice', 'subscription', 'checkout_intent', 'event'];
  return Promise.all(tables.map((table) => ledger.db.sql(`select * from ${table} order by id`)));
}
