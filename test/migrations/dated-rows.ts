import { type Case, cycle, date, DUE, NEXT, of, trial } from './old-rows.js';

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
    name: 'a date within the tolerance of a period’s end has that end, though by another clock',
    setUp: async (one) => [
      await one.renewal(),
      await one.renewal({ given_date: date('2026-02-28'), effective_date: date('2026-02-28') }),
      await one.invoice(of(one, trial)),
    ],
    rows: [[null], ['2026-02-28']],
  },
  {
    name: 'an update that begins where a trial was ended early pays for the renewal, although another trial came later',
    setUp: async (one) => [
      await one.renewal(dated),
      await one.subscribed(
        { trialEnd: DUE, currentPeriodStart: DUE, currentPeriodEnd: NEXT },
        { at: DUE, previous: { trial_end: date('2026-03-20').getTime() / 1000 } },
      ),
      await one.subscribed({ trialEnd: '2026-09-01', currentPeriodEnd: NEXT }, { at: '2026-08-01' }),
      await one.invoice({ ...of(one, cycle), billingReason: 'subscription_update' }),
    ],
    rows: [[DUE, 'cycle']],
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
