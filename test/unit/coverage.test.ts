import { describe, expect, it } from 'vitest';
import { coverageOf, covers, mergeSpans } from '../../src/backfill/coverage.js';

const NOW = new Date('2026-12-31T00:00:00Z');
const day = (text: string) => new Date(`2026-${text}T00:00:00Z`);
/** `wanted` only where it is earlier than `from`. */
const span = (from: string, until: string, wanted = from) => ({
  wantedFrom: day(wanted),
  coveredFrom: day(from),
  coveredUntil: day(until),
});
const told = (...spans: ReturnType<typeof span>[]) => {
  const { completeUntil, gaps } = coverageOf(spans, NOW);
  return { completeUntil, gaps: gaps.map(({ from, to }) => [from, to]) };
};

describe('the events are complete', () => {
  it('until nothing, where none was ever walked through', () => {
    expect(told()).toEqual({ completeUntil: null, gaps: [] });
  });

  it('until the end of the last of spans that touch, in whatever order they came', () => {
    const spans = [span('12-10', '12-20'), span('12-01', '12-05'), span('12-05', '12-11')];
    expect(told(...spans)).toEqual({ completeUntil: day('12-20'), gaps: [] });
    expect(mergeSpans(spans)).toEqual([span('12-01', '12-20')]);
  });

  it('until the gap that a walk left which broke off, and the gap is told', () => {
    const gap = [day('12-10'), day('12-15')];
    expect(told(span('12-01', '12-10'), span('12-15', '12-20', '12-09'))).toEqual({
      completeUntil: day('12-10'),
      gaps: [gap],
    });
  });

  it('until the same, where a walk broke off before it had seen anything', () => {
    expect(told(span('12-01', '12-10'), span('12-20', '12-20', '12-09'))).toEqual({
      completeUntil: day('12-10'),
      gaps: [[day('12-10'), day('12-20')]],
    });
  });

  it('until nothing, where the first walk broke off', () => {
    expect(told(span('12-15', '12-20', '12-05'))).toEqual({
      completeUntil: null,
      gaps: [[day('12-05'), day('12-15')]],
    });
  });

  it('beyond a gap that Stripe can fill no more, which stays told', () => {
    expect(told(span('12-01', '12-20', '10-01'))).toEqual({
      completeUntil: day('12-20'),
      gaps: [[day('10-01'), day('12-01')]],
    });
    expect(told(span('09-01', '10-01'), span('11-15', '12-20'))).toEqual({
      completeUntil: day('12-20'),
      gaps: [[day('10-01'), day('11-15')]],
    });
  });

  it('once more when the gap is closed', () => {
    const closed = [span('12-01', '12-10'), span('12-20', '12-20', '12-09'), span('12-09', '12-21')];
    expect(told(...closed)).toEqual({ completeUntil: day('12-21'), gaps: [] });
  });
});

it.each([
  [['*'], ['invoice.*'], true],
  [['invoice.*'], ['invoice.paid'], true],
  [['invoice.*'], ['invoice.*', 'charge.failed'], false],
  [['invoice.paid'], ['invoice.*'], false],
])('a walk for %o has seen all of %o: %s', (walked, wanted, isCovered) => {
  expect(covers(walked, wanted)).toBe(isCovered);
});
