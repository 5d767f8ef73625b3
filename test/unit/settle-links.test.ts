import { describe, expect, it } from 'vitest';
import { LinkedBy, RenewalState } from '../../src/entities/states.js';
import type { InvoiceRecord, RefusedPairRecord } from '../../src/ledger/records.js';
import { settle, type Settlement } from '../../src/ledger/settle.js';
import {
  aGroup,
  anInvoiceRecord,
  aRenewal,
  DUE,
  hoursFrom,
  type InvoiceRecordSpec,
  type RenewalSpec,
} from '../support/builders.js';

interface Given {
  readonly invoices: readonly InvoiceRecordSpec[];
  readonly renewals: readonly RenewalSpec[];
  readonly refused?: readonly RefusedPairRecord[];
}

/** Renewal id to the invoice that it is linked to. */
type Links = Readonly<Record<string, string | null>>;

const paid = (id: string, spec: InvoiceRecordSpec = {}): InvoiceRecordSpec => ({ id, ...spec });
const open = (id: string, spec: InvoiceRecordSpec = {}): InvoiceRecordSpec => ({ id, status: 'open', ...spec });
const dead = (id: string, spec: InvoiceRecordSpec = {}): InvoiceRecordSpec => ({ id, status: 'void', ...spec });
const later = { serviceStart: hoursFrom(5) };
const held = (invoiceId: string, linkedBy = LinkedBy.RULE): RenewalSpec => ({ invoiceId, linkedBy });

const derived: [string, Given, Links][] = [
  ['an open invoice is linked', { invoices: [open('in_1')], renewals: [{}] }, { 1: 'in_1' }],
  [
    'a paid one wins over a nearer open one',
    { invoices: [open('in_1'), paid('in_2', later)], renewals: [{}] },
    { 1: 'in_2' },
  ],
  [
    'of two paid ones the nearer wins',
    { invoices: [paid('in_1', { ...later, created: '2026-02-01' }), paid('in_2')], renewals: [{}] },
    { 1: 'in_2' },
  ],
  [
    'of two equally near the cycle’s wins',
    { invoices: [paid('in_1', { billingReason: 'subscription' }), paid('in_2')], renewals: [{}] },
    { 1: 'in_2' },
  ],
  [
    'of two alike the one created first wins',
    { invoices: [paid('in_1', { created: '2026-03-02' }), paid('in_2')], renewals: [{}] },
    { 1: 'in_2' },
  ],
  [
    'of two created together the smaller id wins',
    { invoices: [paid('in_2'), paid('in_1')], renewals: [{}] },
    { 1: 'in_1' },
  ],
  [
    'each of two invoices takes its own renewal',
    {
      invoices: [paid('in_1'), paid('in_2', { serviceStart: '2027-03-01' })],
      renewals: [{}, { id: '2', date: '2027-03-01' }],
    },
    { 1: 'in_1', 2: 'in_2' },
  ],
  [
    'a loser does not take its second nearest',
    {
      invoices: [paid('in_1'), paid('in_2', { serviceStart: hoursFrom(1) })],
      renewals: [{}, { id: '2', date: hoursFrom(20) }],
    },
    { 1: 'in_1', 2: null },
  ],
  [
    'two renewals equally near get nothing',
    { invoices: [paid('in_1')], renewals: [{ date: hoursFrom(1) }, { id: '2', date: hoursFrom(-1) }] },
    { 1: null, 2: null },
  ],
  [
    'an open link goes to a nearer renewal that came later',
    { invoices: [open('in_1')], renewals: [{ ...held('in_1'), date: hoursFrom(3) }, { id: '2' }] },
    { 1: null, 2: 'in_1' },
  ],
  [
    'an open link is lost to a paid claim',
    { invoices: [open('in_1'), paid('in_2', later)], renewals: [held('in_1')] },
    { 1: 'in_2' },
  ],
  [
    'an open link is lost when its date has moved away',
    { invoices: [open('in_1')], renewals: [{ ...held('in_1'), date: '2026-05-01' }] },
    { 1: null },
  ],
  [
    'a backfilled open link is derived anew',
    { invoices: [open('in_1')], renewals: [{ ...held('in_1', LinkedBy.BACKFILL), date: '2026-05-01' }] },
    { 1: null },
  ],
  ['a void invoice lets go', { invoices: [dead('in_1')], renewals: [held('in_1')] }, { 1: null }],
  [
    'a void invoice lets go of what a person linked',
    { invoices: [dead('in_1')], renewals: [held('in_1', LinkedBy.PERSON)] },
    { 1: null },
  ],
  [
    'a void invoice makes way for the one issued again',
    { invoices: [dead('in_1'), open('in_2')], renewals: [held('in_1')] },
    { 1: 'in_2' },
  ],
  [
    'a pair that was taken back is not linked',
    { invoices: [paid('in_1')], renewals: [{}], refused: [{ renewalId: '1', invoiceId: 'in_1' }] },
    { 1: null },
  ],
  [
    'a refused invoice takes the next renewal within the tolerance',
    {
      invoices: [paid('in_1')],
      renewals: [{}, { id: '2', date: hoursFrom(2) }],
      refused: [{ renewalId: '1', invoiceId: 'in_1' }],
    },
    { 1: null, 2: 'in_1' },
  ],
  [
    'a canceled renewal gives its open invoice back',
    { invoices: [open('in_1')], renewals: [{ ...held('in_1'), canceledByHand: true }] },
    { 1: null },
  ],
];

const standing: [string, Given, Links][] = [
  [
    'paid, also when its date has moved away',
    { invoices: [paid('in_1')], renewals: [{ ...held('in_1'), date: '2026-05-01' }] },
    { 1: 'in_1' },
  ],
  [
    'paid, against a nearer paid claim',
    { invoices: [paid('in_1', later), paid('in_2')], renewals: [held('in_1')] },
    { 1: 'in_1' },
  ],
  [
    'paid, also when a nearer renewal came later',
    { invoices: [paid('in_1')], renewals: [{ ...held('in_1'), date: hoursFrom(3) }, { id: '2' }] },
    { 1: 'in_1', 2: null },
  ],
  [
    'paid, made by a backfill',
    { invoices: [paid('in_1')], renewals: [{ ...held('in_1', LinkedBy.BACKFILL), date: '2026-05-01' }] },
    { 1: 'in_1' },
  ],
  [
    'made by a person, of an open invoice that no rule allows',
    { invoices: [open('in_1', { billingReason: 'manual' })], renewals: [held('in_1', LinkedBy.PERSON)] },
    { 1: 'in_1' },
  ],
  [
    'made by a person, of an invoice that is not known',
    { invoices: [paid('in_2')], renewals: [held('in_1', LinkedBy.PERSON)] },
    { 1: 'in_1' },
  ],
  [
    'made by a person, against the rules’ own choice',
    { invoices: [open('in_1')], renewals: [{ ...held('in_1', LinkedBy.PERSON), date: '2027-03-01' }, { id: '2' }] },
    { 1: 'in_1', 2: null },
  ],
  [
    'imported, of an invoice that is not known',
    { invoices: [], renewals: [held('in_1', LinkedBy.IMPORT)] },
    { 1: 'in_1' },
  ],
  [
    'processed, of a void invoice',
    { invoices: [dead('in_1')], renewals: [{ ...held('in_1'), processedAt: hoursFrom(9) }] },
    { 1: 'in_1' },
  ],
  [
    'being processed, of a void invoice',
    { invoices: [dead('in_1')], renewals: [{ ...held('in_1'), processingStartedAt: hoursFrom(9) }] },
    { 1: 'in_1' },
  ],
];

describe('Of links that are derived,', () => {
  it.each(derived)('%s', (_name, given, links) => {
    expect(linksOf(settleGiven(given))).toEqual(links);
  });

  it.each(derived)('the order of the rows has no say: %s', (_name, given, links) => {
    const reversed = { ...given, invoices: given.invoices.toReversed(), renewals: given.renewals.toReversed() };
    expect(linksOf(settleGiven(reversed))).toEqual(links);
  });

  it('a repeat gives the same', () => {
    const group = groupOf({
      invoices: [open('in_1'), paid('in_2', later)],
      renewals: [held('in_1'), { id: '2', date: '2027-03-01' }],
    });
    const first = settle(group);
    const again = settle({ ...group, intent: first.intent, renewals: first.renewals, invoices: first.invoices });
    expect(again.renewals).toEqual(first.renewals);
    expect(again.invoices).toEqual(first.invoices);
  });

  it('each invoice is linked once', () => {
    const { renewals } = settleGiven({
      invoices: [open('in_1')],
      renewals: [{ ...held('in_1', LinkedBy.PERSON), date: '2027-03-01' }, {}].map((spec, index) => ({
        ...spec,
        id: String(index + 1),
      })),
    });
    expect(renewals.filter(({ invoiceId }) => invoiceId === 'in_1')).toHaveLength(1);
  });
});

describe('A link stands that is', () => {
  it.each(standing)('%s', (_name, given, links) => {
    expect(linksOf(settleGiven(given))).toEqual(links);
  });

  it.each([LinkedBy.PERSON, LinkedBy.IMPORT, LinkedBy.BACKFILL, LinkedBy.RULE])(
    'paid, under the name of %s',
    (linkedBy) => {
      const { renewals } = settleGiven({ invoices: [paid('in_1')], renewals: [held('in_1', linkedBy)] });
      expect(renewals[0]).toMatchObject({ invoiceId: 'in_1', linkedBy, state: RenewalState.PAID });
    },
  );
});

describe('A new link is signed', () => {
  it.each([LinkedBy.RULE, LinkedBy.BACKFILL])('by who derives it: %s', (linkAs) => {
    const { renewals } = settle(groupOf({ invoices: [open('in_1')], renewals: [{}] }), linkAs);
    expect(renewals[0]).toMatchObject({ linkedBy: linkAs });
  });

  it('by who made it first, when it is derived again', () => {
    const { renewals } = settle(
      groupOf({ invoices: [open('in_1')], renewals: [held('in_1', LinkedBy.BACKFILL)] }),
      LinkedBy.RULE,
    );
    expect(renewals[0]).toMatchObject({ linkedBy: LinkedBy.BACKFILL });
  });
});

const outcomes: [string, Given, Readonly<Record<string, string>>][] = [
  [
    'the winner and the loser',
    { invoices: [paid('in_1'), paid('in_2', later)], renewals: [{}] },
    { in_1: 'LINKED', in_2: 'CONFLICT' },
  ],
  [
    'one that wants a standing link’s renewal',
    { invoices: [paid('in_1', later), paid('in_2')], renewals: [held('in_1')] },
    { in_1: 'LINKED', in_2: 'CONFLICT' },
  ],
  ['one that finds none', { invoices: [paid('in_1')], renewals: [] }, { in_1: 'NO_RENEWAL' }],
  ['a tie', { invoices: [paid('in_1')], renewals: [{}, { id: '2' }] }, { in_1: 'AMBIGUOUS' }],
  ['a void one', { invoices: [dead('in_1')], renewals: [{}] }, { in_1: 'NOT_A_RENEWAL' }],
  [
    'one that a person linked against the rules',
    { invoices: [open('in_1', { billingReason: 'manual' })], renewals: [held('in_1', LinkedBy.PERSON)] },
    { in_1: 'LINKED' },
  ],
];

describe('The outcomes of invoices tell of', () => {
  it.each(outcomes)('%s', (_name, given, expected) => {
    const { invoices } = settleGiven(given);
    expect(Object.fromEntries(invoices.map(({ id, outcome }) => [id, outcome]))).toEqual(expected);
    for (const { isLinked, outcome } of invoices) expect(isLinked).toBe(outcome === 'LINKED');
  });
});

function groupOf({ invoices, renewals, refused = [] }: Given) {
  const records: InvoiceRecord[] = invoices.map((spec) => anInvoiceRecord({ serviceStart: DUE, ...spec }));
  return aGroup({ invoices: records, renewals: renewals.map((spec) => aRenewal(spec)), refusedPairs: refused });
}

function settleGiven(given: Given): Settlement {
  return settle(groupOf(given));
}

function linksOf({ renewals }: Settlement): Links {
  return Object.fromEntries(renewals.map(({ id, invoiceId }) => [id, invoiceId]));
}
