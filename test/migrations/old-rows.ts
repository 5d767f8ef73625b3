import type { InvoiceSpec } from '@renewal-ledger/sdk/testing';
import type { OldCustomer } from './old-database.js';

export const DUE = '2026-03-01';
export const NEXT = '2027-03-01';
export const date = (day: string) => new Date(`${day}T00:00:00Z`);

export interface Case {
  readonly name: string;
  /** Puts the rows in, as an older version left them. */
  setUp(customer: OldCustomer): Promise<unknown>;
  /** Date and invoice of the customer's renewals, ascending by id. */
  readonly rows: readonly (readonly [date: string | null, invoice?: string | null])[];
}

export const trial: InvoiceSpec = {
  id: 'trial',
  billingReason: 'subscription_create',
  serviceStart: '2026-02-01',
  serviceEnd: DUE,
  total: 0,
};
export const cycle: InvoiceSpec = { id: 'cycle', serviceStart: DUE, serviceEnd: NEXT };

/** Every customer has invoices of its own. */
export const of = (customer: OldCustomer, spec: InvoiceSpec): InvoiceSpec => ({
  ...spec,
  id: `in_${spec.id}_${customer.customer}`,
});

/** Renewals that know neither date nor invoice. */
export const bare: Case[] = [
  {
    name: 'a first renewal is dated by the end of the trial, and nothing is linked before it is billed',
    setUp: async (one) => [await one.renewal(), await one.invoice(of(one, trial))],
    rows: [[DUE]],
  },
  {
    name: 'the line of the subscription counts wherever it stands, in the old layout too',
    setUp: async (one) => [
      await one.renewal(),
      await one.invoice({
        ...of(one, trial),
        layout: 'legacy',
        lines: [
          { kind: 'item', proration: true, start: '2025-01-01', end: '2025-02-01' },
          { kind: 'item', start: '2026-02-01', end: '2026-02-01' },
          {},
        ],
      }),
    ],
    rows: [[DUE]],
  },
  {
    name: 'two dateless renewals of one subscription stay empty',
    setUp: async (one) => [await one.renewal(), await one.renewal(), await one.invoice(of(one, trial))],
    rows: [[null], [null]],
  },
  {
    name: 'two periods that end without a renewal leave a choice, and nobody takes it',
    setUp: async (one) => [await one.renewal(), await one.invoice(of(one, trial)), await one.invoice(of(one, cycle))],
    rows: [[null]],
  },
  {
    name: 'a renewal without an event stays empty',
    setUp: (one) => one.renewal(),
    rows: [[null]],
  },
  {
    name: 'a renewal that names no subscription gets that of the metadata',
    setUp: async (one) => [
      await one.renewal({ given_stripe_subscription_id: null }),
      await one.invoice({ ...of(one, trial), metadata: { checkout_intent_id: one.intentId } }),
    ],
    rows: [[DUE]],
  },
  {
    name: 'a subscription that names another checkout intent gives nothing',
    setUp: async (one) => [
      await one.renewal(),
      await one.invoice({ ...of(one, trial), metadata: { checkout_intent_id: await one.stranger() } }),
    ],
    rows: [[null]],
  },
  {
    name: 'a void invoice ends no period',
    setUp: async (one) => [
      await one.renewal(),
      await one.invoice(of(one, trial)),
      await one.invoice({ ...of(one, cycle), status: 'void' }, { type: 'invoice.voided' }),
    ],
    rows: [[DUE]],
  },
  {
    name: 'bodies that cannot be read take no part, and take nothing from the others',
    setUp: async (one) => [
      await one.renewal(),
      await one.invoice(of(one, trial)),
      await one.invoice({ id: 'in_b1' }, { body: Buffer.from('{"data":') }),
      await one.invoice({ id: 'in_b2' }, { body: Buffer.from('[]') }),
      await one.invoice({ id: 'in_b3' }, { body: Buffer.from('{"created":"x","data":{"object":[]}}') }),
      await one.invoice({ id: 'in_b4' }, { body: Buffer.from('null') }),
    ],
    rows: [[DUE]],
  },
  {
    name: 'an invoice of another customer ends no period of this one',
    setUp: async (one) => [await one.renewal(), await one.invoice({ ...of(one, trial), customer: 'cus_other' })],
    rows: [[null]],
  },
  {
    name: 'a trial that ended early takes the date along',
    setUp: async (one) => [
      await one.renewal(),
      await one.invoice(of(one, trial)),
      await one.subscribed(
        { trialEnd: '2026-02-10', currentPeriodStart: '2026-02-10', currentPeriodEnd: '2027-02-10' },
        { at: '2026-02-10', previous: { trial_end: date(DUE).getTime() / 1000 } },
      ),
    ],
    rows: [['2026-02-10']],
  },
  {
    name: 'a cycle of usage only begins where the invoice’s own period ends',
    setUp: async (one) => [
      await one.renewal(),
      await one.invoice(of(one, trial)),
      await one.invoice({ ...of(one, cycle), periodEnd: DUE, lines: [{ start: '2026-02-01', end: DUE }] }),
    ],
    rows: [[DUE, 'cycle']],
  },
];

/** What the workers of a started service go on with at once. */
export const onItsWay: Case[] = [
  {
    name: 'an event on its way is left to the workers',
    setUp: async (one) => [await one.renewal(), await one.invoice(of(one, trial), { state: 'PENDING' })],
    rows: [[null]],
  },
];
