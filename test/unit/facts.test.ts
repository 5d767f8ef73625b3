import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldInvoices, withFirstCustomer } from '../../src/ledger/fold.js';
import { statusOf } from '../../src/ledger/invoice-facts.js';
import { readIntentName } from '../../src/ledger/intent-name.js';
import type { InvoiceFactRecord, InvoiceStatus } from '../../src/ledger/records.js';
import { anInvoiceRecord, aSubscription, INTENT_UUID, instant, type InvoiceRecordSpec } from '../support/builders.js';

const statuses: [type: string, payload: string | null, expected: InvoiceStatus][] = [
  ['invoice.created', 'draft', 'draft'],
  ['invoice.updated', 'open', 'open'],
  ['invoice.finalized', 'draft', 'open'],
  ['invoice.sent', 'draft', 'open'],
  ['invoice.payment_failed', 'draft', 'open'],
  ['invoice.payment_action_required', 'draft', 'open'],
  ['invoice.overdue', 'draft', 'open'],
  ['invoice.marked_uncollectible', 'open', 'uncollectible'],
  ['invoice.voided', 'open', 'void'],
  ['invoice.deleted', 'draft', 'deleted'],
  ['invoice.paid', 'open', 'paid'],
  ['invoice.payment_succeeded', 'open', 'paid'],
  ['invoice.payment_failed', 'paid', 'paid'],
  ['invoice.voided', 'paid', 'paid'],
  ['invoice.created', null, 'draft'],
  ['invoice.created', 'strange', 'draft'],
  ['invoice.created', 'constructor', 'draft'],
  ['invoice.finalization_failed', 'draft', 'draft'],
];

describe('The status of an invoice event is the higher of its type’s and its payload’s:', () => {
  it.each(statuses)('%s with %s is %s', (type, payload, expected) => {
    expect(statusOf(type, payload)).toBe(expected);
  });
});

const later = '2026-03-05';
const orders: [string, InvoiceRecordSpec, InvoiceRecordSpec][] = [
  ['open after draft, though it is older', { status: 'draft', at: later }, { status: 'open' }],
  ['uncollectible after open', { status: 'open', at: later }, { status: 'uncollectible' }],
  ['void after uncollectible', { status: 'uncollectible', at: later }, { status: 'void' }],
  ['paid after void', { status: 'void', at: later }, { status: 'paid' }],
  ['paid after deleted', { status: 'draft', type: 'invoice.deleted', at: later }, { status: 'paid' }],
  ['deleted after an older void', { status: 'void' }, { status: 'draft', type: 'invoice.deleted', at: later }],
  ['void after an older deletion', { status: 'draft', type: 'invoice.deleted' }, { status: 'void', at: later }],
  ['the newer of two that are open', { status: 'open' }, { status: 'open', at: later, type: 'invoice.updated' }],
  [
    'the greater event id within one second',
    { status: 'open', eventId: 'evt_a' },
    { status: 'open', eventId: 'evt_b' },
  ],
  ['any time after none', { status: 'open', at: null, eventId: 'evt_z' }, { status: 'open', eventId: 'evt_a' }],
  ['a higher status without a time', { status: 'open', at: later }, { status: 'paid', at: null }],
];

describe('Of two events of an invoice the fact is', () => {
  it.each(orders)('%s', (_name, loser, winner) => {
    const [before, after] = [anInvoiceRecord({ id: 'in_1', ...loser }), anInvoiceRecord({ id: 'in_1', ...winner })];
    expect(factOf([before, after])).toEqual(after);
    expect(factOf([after, before])).toEqual(after);
  });
});

const anyEvent = fc.record({
  status: fc.constantFrom('draft', 'open', 'paid', 'uncollectible', 'void'),
  type: fc.constantFrom(
    'invoice.updated',
    'invoice.created',
    'invoice.deleted',
    'invoice.payment_failed',
    'invoice.paid',
  ),
  at: fc.option(fc.constantFrom('2026-03-01', '2026-03-02', '2026-03-03')),
  eventId: fc.constantFrom('evt_a', 'evt_b', 'evt_c', 'evt_d'),
  total: fc.integer({ min: 0, max: 9 }),
});

describe('The fact of an invoice', () => {
  it('is the same for every order, repetition and grouping of its events', () => {
    const runs = fc
      .uniqueArray(anyEvent, { minLength: 1, maxLength: 7, selector: ({ eventId }) => eventId })
      .chain((events) => {
        const disorder = fc.array(fc.constantFrom(...events), { maxLength: 5 });
        return fc.tuple(
          fc.constant(events),
          fc.shuffledSubarray(events, { minLength: events.length }),
          disorder,
          fc.nat({ max: 12 }),
        );
      });
    fc.assert(
      fc.property(runs, ([events, shuffled, repeats, cut]) => {
        const records = [...shuffled, ...repeats].map(({ status, ...spec }) =>
          anInvoiceRecord({ id: 'in_1', ...spec, status: status as 'draft' }),
        );
        const known = foldInvoices([], records.slice(0, cut));
        const { invoices } = foldInvoices(known.invoices, records.slice(cut));
        const inOrder = foldInvoices(
          [],
          events.map(({ status, ...spec }) => anInvoiceRecord({ id: 'in_1', ...spec, status: status as 'draft' })),
        );
        expect(invoices).toEqual(inOrder.invoices);
      }),
      { numRuns: 500 },
    );
  });

  it('is no news when an event comes again', () => {
    const record = anInvoiceRecord();
    const known = foldInvoices([], [record]);
    expect(foldInvoices(known.invoices, [record]).changed).toEqual([]);
  });

  it('keeps what settling decided of the invoice', () => {
    const known = foldInvoices([], [anInvoiceRecord({ id: 'in_1', status: 'open' })]).invoices.map((invoice) => ({
      ...invoice,
      isLinked: true,
    }));
    expect(foldInvoices(known, [anInvoiceRecord({ id: 'in_1' })]).changed).toMatchObject([
      { status: 'paid', isLinked: true },
    ]);
  });

  it('is paid at Stripe’s time, else at that of the event that says so', () => {
    expect(anInvoiceRecord({ paidAt: '2026-03-04' }).paidAt).toEqual(instant('2026-03-04'));
    expect(anInvoiceRecord({ paidAt: null, at: '2026-03-05' }).paidAt).toEqual(instant('2026-03-05'));
    expect(anInvoiceRecord({ status: 'open', at: '2026-03-05' }).paidAt).toBeNull();
  });
});

describe('The first customer of a subscription', () => {
  const unseen = aSubscription({ firstCustomerId: null, firstEventAt: null, firstEventId: null });
  const event = (id: string, created: string) => ({
    id,
    type: 'invoice.paid',
    created: instant(created),
    receivedAt: instant('2026-06-01'),
  });

  it('is that of the earliest event, in whatever order they come', () => {
    const [old, young] = [event('evt_2', '2026-01-01'), event('evt_1', '2026-02-01')];
    const forwards = withFirstCustomer(withFirstCustomer(unseen, old, 'cus_old'), young, 'cus_young');
    const backwards = withFirstCustomer(withFirstCustomer(unseen, young, 'cus_young'), old, 'cus_old');
    expect(forwards).toEqual(backwards);
    expect(forwards.firstCustomerId).toBe('cus_old');
  });

  it('is not taken from an event that names none', () => {
    expect(withFirstCustomer(unseen, event('evt_1', '2026-01-01'), null)).toEqual(unseen);
  });
});

const names: [string, Record<string, string>, { uuid?: string; id?: string; isBad?: boolean }][] = [
  ['a uuid', { checkout_intent_uuid: INTENT_UUID }, { uuid: INTENT_UUID }],
  [
    'a uuid in capitals and with blanks',
    { checkout_intent_uuid: ` ${INTENT_UUID.toUpperCase()} ` },
    { uuid: INTENT_UUID },
  ],
  ['an id', { checkout_intent_id: '41' }, { id: '41' }],
  ['both', { checkout_intent_uuid: INTENT_UUID, checkout_intent_id: '41' }, { uuid: INTENT_UUID, id: '41' }],
  ['the largest id', { checkout_intent_id: '9223372036854775807' }, { id: '9223372036854775807' }],
  ['nothing', { plan: 'team' }, {}],
  ['blanks', { checkout_intent_uuid: ' ', checkout_intent_id: '' }, {}],
  ['text that is no uuid', { checkout_intent_uuid: 'abc' }, { isBad: true }],
  ['a bad uuid beside a good id', { checkout_intent_uuid: 'abc', checkout_intent_id: '41' }, { id: '41', isBad: true }],
  ['an id of zero', { checkout_intent_id: '0' }, { isBad: true }],
  ['an id below zero', { checkout_intent_id: '-4' }, { isBad: true }],
  ['a fraction', { checkout_intent_id: '4.0' }, { isBad: true }],
  ['an id in another notation', { checkout_intent_id: '0x29' }, { isBad: true }],
  ['an id beyond what can be stored', { checkout_intent_id: '9223372036854775808' }, { isBad: true }],
];

describe('Metadata names the checkout intent by', () => {
  it.each(names)('%s', (_name, metadata, { uuid = null, id = null, isBad = false }) => {
    const { name, problem } = readIntentName(metadata);
    expect(name).toEqual({ namedIntentUuid: uuid, namedIntentId: id });
    expect(problem !== null).toBe(isBad);
  });
});

function factOf(records: readonly InvoiceFactRecord[]): unknown {
  let known: ReturnType<typeof foldInvoices> = { invoices: [], changed: [] };
  let fact: InvoiceFactRecord | undefined;
  for (const record of records) {
    known = foldInvoices(known.invoices, [record]);
    fact = known.changed[0] ?? fact;
  }
  return fact;
}
