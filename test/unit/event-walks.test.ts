import { describe, expect, it } from 'vitest';
import { patternsOf, readPlace, toCursor, walksOf } from '../../src/backfill/event-walks.js';

const patterns = (...given: string[]) => patternsOf(given.map((pattern) => ({ pattern })));

describe('what Stripe is asked for', () => {
  it.each([
    [
      'groups and types that handlers take, each once',
      ['invoice.*', 'charge.failed', 'invoice.*'],
      ['charge.failed', 'invoice.*'],
    ],
    ['no type that a group covers', ['invoice.paid', 'invoice.*'], ['invoice.*']],
    ['everything, where a handler takes that', ['invoice.*', '*'], ['*']],
    ["none of the ledger's own", ['renewal.paid', 'renewal.*', 'payment.received', 'invoice.truncated'], []],
    ['none that a handler emits', ['acme.receipt_sent', 'acme.*'], []],
  ])('is %s', (_, given, asked) => {
    expect(patterns(...given)).toEqual(asked);
  });

  it('is one group, or 20 types, in each walk', () => {
    const types = Array.from({ length: 25 }, (_, index) => `charge.t${index}`);
    expect(walksOf(['invoice.*', ...types])).toEqual([
      { type: 'invoice.*' },
      { types: types.slice(0, 20) },
      { types: types.slice(20) },
    ]);
    expect(walksOf(['*'])).toEqual([{}]);
    expect(walksOf([])).toEqual([]);
  });
});

it.each([
  { walk: 0, after: null, reached: null },
  { walk: 1, after: 'evt_1', reached: new Date('2026-11-01T00:00:00Z') },
  { walk: 2, after: 'sub with blanks', reached: null },
])('a place is read from the cursor as it was written: %o', (place) => {
  expect(readPlace(toCursor(place))).toEqual(place);
});

it('a run without a cursor is at its beginning', () => {
  expect(readPlace(null)).toEqual({ walk: 0, after: null, reached: null });
});
