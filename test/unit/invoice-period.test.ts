import { readInvoice } from '@renewal-ledger/sdk';
import { anInvoice, type InvoiceSpec, type LineSpec } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';
import { type InvoicePeriod, readInvoicePeriod } from '../../src/ledger/invoice-period.js';

const at = (time: string): number => Date.parse(time) / 1000;
const START = at('2026-03-01T00:00:00Z');
const END = at('2027-03-01T00:00:00Z');
const DAY = 86_400;

const arrears = (start: string): LineSpec => ({ start, end: START });

const periods: [string, InvoiceSpec, Partial<InvoicePeriod>][] = [
  ['its one line', {}, { verdict: 'ELIGIBLE', start: START, end: END, toleranceSeconds: DAY }],
  ['the line that starts last', { lines: [{ start: '2026-02-20' }, {}] }, { start: START, end: END }],
  [
    'of several that start last, the longest',
    { lines: [{ end: '2026-04-01' }, {}, { end: '2026-05-01' }] },
    { start: START, end: END },
  ],
  [
    'the shortest line, for the tolerance',
    { lines: [{}, { start: '2026-02-28T23:00:00Z', end: '2026-03-01T01:00:00Z' }] },
    { start: START, toleranceSeconds: 3600 },
  ],
  ['half of a short period, rounded down', { serviceEnd: START + 7201, periodEnd: null }, { toleranceSeconds: 3600 }],
  ['half of two days: exactly a day', { serviceEnd: START + 2 * DAY }, { toleranceSeconds: DAY }],
  [
    'a line that ends a second after the invoice’s period',
    { lines: [{ start: '2026-02-01', end: START + 1 }] },
    { verdict: 'ELIGIBLE', start: at('2026-02-01') },
  ],
  [
    'no line that ends with the invoice’s period',
    { lines: [arrears('2026-02-01'), {}] },
    { start: START, end: END, toleranceSeconds: DAY },
  ],
  [
    'an arrears line of an hour has no say in the tolerance',
    { lines: [arrears('2026-02-28T23:00:00Z'), {}] },
    { toleranceSeconds: DAY },
  ],
  [
    'the invoice’s period end, where all is arrears',
    { lines: [arrears('2026-02-01'), arrears('2026-02-15')] },
    { verdict: 'ELIGIBLE', start: START, end: null, toleranceSeconds: DAY },
  ],
  [
    'the shortest arrears line, for its tolerance',
    { lines: [arrears('2026-02-28T00:00:00Z')] },
    { start: START, toleranceSeconds: DAY / 2 },
  ],
  [
    'arrears under the old billing reason',
    { billingReason: 'subscription', lines: [arrears('2026-02-01')] },
    { verdict: 'ELIGIBLE', start: START },
  ],
  [
    'arrears without a billing reason',
    { billingReason: null, lines: [arrears('2026-02-01')] },
    { verdict: 'ELIGIBLE', start: START },
  ],
  [
    'no arrears where a change of plan is billed',
    { billingReason: 'subscription_update', lines: [arrears('2026-02-01')] },
    { verdict: 'NO_PERIOD', start: null },
  ],
  [
    'no arrears without the invoice’s period',
    { periodEnd: null, lines: [arrears('2026-02-01')] },
    { verdict: 'ELIGIBLE', start: at('2026-02-01'), end: START },
  ],
  [
    'a line that is not its own has no say',
    { lines: [{ subscription: 'sub_other', start: '2026-06-01' }, {}] },
    { start: START },
  ],
  [
    'an invoice item has no say',
    { lines: [{ kind: 'item', start: '2026-06-01', end: '2026-06-02' }, {}] },
    { start: START, toleranceSeconds: DAY },
  ],
  ['a proration has no say', { lines: [{ proration: true, start: '2026-06-01' }, {}] }, { start: START }],
  [
    'a line without a length has no say',
    { lines: [{ start: '2026-06-01', end: '2026-06-01' }, {}] },
    { start: START, toleranceSeconds: DAY },
  ],
  [
    'a proration of another subscription is none of its own',
    { lines: [{ kind: 'item', proration: true, subscription: 'sub_other' }] },
    { verdict: 'NO_SUBSCRIPTION_LINE' },
  ],
  [
    'a proration that names no subscription is its own',
    { lines: [{ kind: 'item', proration: true, subscription: null }] },
    { verdict: 'PRORATION_ONLY' },
  ],
];

describe('The service period of an invoice is told by', () => {
  it.each(periods)('%s', (_name, spec, expected) => {
    expect(readInvoicePeriod(readInvoice(anInvoice(spec)))).toMatchObject(expected);
  });
});
