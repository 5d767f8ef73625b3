import type { InvoiceSpec } from '@renewal-ledger/sdk/testing';
import type { OldCustomer } from './old-database.js';

const DUE = '2026-03-01';
const NEXT = '2027-03-01';
export const date = (day: string) => new Date(`${day}T00:00:00Z`);

export interface Case {
  readonly name: string;
  /** Puts the rows in, as an older version left them. */
  setUp(customer: OldCustomer): Promise<unknown>;
  /** Date and invoice of the customer's renewals, ascending by id. */
  readonly rows: readonly (readonly [date: string | null, invoice?: string | null])[];
}

const trial: InvoiceSpec = {
  id: 'trial',
  billingReason: 'subscription_create',
  serviceStart: '2026-02-01',
  serviceEnd: DUE,
  total: 0,
};
const cycle: InvoiceSpec = { id: 'cycle', serviceStart: DUE, serviceEnd: NEXT };

/** Every customer has invoices of its own. */
const of = (customer: OldCustomer, spec: InvoiceSpec): InvoiceSpec => ({
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
    name: 'an event on its way is left to the workers',
    setUp: async (one) => [await one.renewal(), await one.invoice(of(one, trial), { state: 'PENDING' })],
    rows: [[null]],
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

/** Renewals that somebody dated or linked since the columns are there. */
const dated = { given_date: date(DUE), effective_date: date(DUE) };
export const partly: Case[] = [
  {
    name: 'a renewal gets the invoice that begins at its date',
    setUp: async (one) => [await one.renewal(dated), await one.invoice(of(one, cycle))],
    rows: [[DUE, 'cycle']],
  },
  {
    name: 'the other renewal’s date leaves one period end for the dateless one',
    setUp: async (one) => [
      await one.renewal(),
      await one.renewal({ given_date: date(NEXT), effective_date: date(NEXT) }),
      await one.invoice(of(one, trial)),
      await one.invoice(of(one, cycle)),
    ],
    rows: [[DUE, 'cycle'], [NEXT]],
  },
  {
    name: 'a total of zero, and one paid from credit, are no reason to refuse',
    setUp: async (one) => [
      await one.renewal(dated),
      await one.renewal({ given_date: date(NEXT), effective_date: date(NEXT) }),
      await one.invoice({ ...of(one, cycle), total: 0 }),
      await one.invoice({ ...of(one, { id: 'credit' }), serviceStart: NEXT, total: 24_000, amountPaid: 0 }),
    ],
    rows: [
      [DUE, 'cycle'],
      [NEXT, 'credit'],
    ],
  },
  {
    name: 'of several invoices a paid one wins, then the nearest',
    setUp: async (one) => [
      await one.renewal(dated),
      await one.invoice(
        { ...of(one, { id: 'open' }), serviceStart: DUE, status: 'open' },
        { type: 'invoice.finalized' },
      ),
      await one.invoice({ ...of(one, { id: 'later' }), serviceStart: '2026-03-01T09:00:00Z' }),
      await one.invoice({ ...of(one, { id: 'near' }), serviceStart: '2026-03-01T03:00:00Z' }),
    ],
    rows: [[DUE, 'near']],
  },
  {
    name: 'an invoice that begins midway between two renewals gets neither',
    setUp: async (one) => [
      await one.renewal({ given_date: date('2026-02-28'), effective_date: date('2026-02-28') }),
      await one.renewal({ given_date: date('2026-03-02'), effective_date: date('2026-03-02') }),
      await one.invoice(of(one, cycle)),
    ],
    rows: [['2026-02-28'], ['2026-03-02']],
  },
  {
    name: 'a day is near enough, and half of a shorter period; further is too far',
    setUp: async (one) => [
      await one.renewal(dated),
      await one.renewal({ given_date: date('2026-04-01'), effective_date: date('2026-04-01') }),
      await one.invoice({ ...of(one, { id: 'day' }), serviceStart: '2026-03-02', serviceEnd: '2026-03-04' }),
      await one.invoice({
        ...of(one, { id: 'short' }),
        serviceStart: '2026-04-01T13:00:00Z',
        serviceEnd: '2026-04-02T13:00:00Z',
      }),
    ],
    rows: [[DUE, 'day'], ['2026-04-01']],
  },
  {
    name: 'void invoices, changes of plan, prorations and truncated lines pay for no renewal',
    setUp: async (one) => [
      await one.renewal(dated),
      await one.invoice({ ...of(one, { id: 'void' }), status: 'void' }, { type: 'invoice.voided' }),
      await one.invoice({ ...of(one, { id: 'update' }), billingReason: 'subscription_update' }),
      await one.invoice({ ...of(one, { id: 'manual' }), billingReason: 'manual' }),
      await one.invoice({ ...of(one, { id: 'proration' }), lines: [{ proration: true }] }),
      await one.invoice({ ...of(one, { id: 'truncated' }), lines: [{ proration: true }], hasMore: true }),
    ],
    rows: [[DUE]],
  },
  {
    name: 'an update that begins where the trial ended pays for the renewal',
    setUp: async (one) => [
      await one.renewal(dated),
      await one.subscribed({ trialEnd: DUE }, { at: '2026-02-01', type: 'customer.subscription.created' }),
      await one.invoice({ ...of(one, cycle), billingReason: 'subscription_update' }),
    ],
    rows: [[DUE, 'cycle']],
  },
  {
    name: 'a renewal of a subscription that had ended by its date gets no invoice',
    setUp: async (one) => [
      await one.renewal(dated),
      await one.subscribed(
        { status: 'canceled', endedAt: '2026-02-20' },
        { at: '2026-02-20', type: 'customer.subscription.deleted' },
      ),
      await one.invoice(of(one, cycle)),
    ],
    rows: [[DUE]],
  },
  {
    name: 'a renewal that was canceled by hand gets no invoice',
    setUp: async (one) => [await one.renewal({ ...dated, canceled_by_hand: true }), await one.invoice(of(one, cycle))],
    rows: [[DUE]],
  },
  {
    name: 'a link that somebody made stands, and its invoice serves no other renewal',
    setUp: async (one) => {
      const invoice = await one.invoice(of(one, cycle));
      await one.renewal({
        given_date: date('2025-03-01'),
        effective_date: date('2025-03-01'),
        stripe_invoice_id: invoice,
        linked_by: 'PERSON',
      });
      await one.renewal(dated);
    },
    rows: [['2025-03-01', 'cycle'], [DUE]],
  },
  {
    name: 'a linked renewal without a date is dated by the start of its invoice',
    setUp: async (one) => one.renewal({ stripe_invoice_id: await one.invoice(of(one, cycle)), linked_by: 'IMPORT' }),
    rows: [[DUE, 'cycle']],
  },
  {
    name: 'a linked renewal whose invoice no event tells of keeps its link, and stays without a date',
    setUp: (one) => one.renewal({ stripe_invoice_id: `in_unknown_${one.customer}`, linked_by: 'IMPORT' }),
    rows: [[null, 'unknown']],
  },
  {
    name: 'the status and the lines are those of the invoice’s last event, whatever order they were stored in',
    setUp: async (one) => [
      await one.renewal(dated),
      await one.invoice(of(one, cycle)),
      await one.invoice(
        { ...of(one, cycle), serviceStart: '2026-07-01', status: 'draft' },
        { type: 'invoice.created' },
      ),
    ],
    rows: [[DUE, 'cycle']],
  },
];
