import { GiveUp, RetryLater } from '@renewal-ledger/sdk';
import { describe, expect, it } from 'vitest';
import { failureMark, pauseAfter, SLOW_LOOK_SECONDS, waitingMark } from '../../src/events/delivery-marks.js';

const now = new Date('2026-01-01T00:00:00Z');
const failure = (tries: number, error: unknown = new Error('no'), options = {}) =>
  failureMark({ error, tries, options, now });

describe('the pause after a failure', () => {
  it.each([
    [1, 1],
    [2, 2],
    [5, 16],
    [12, 2048],
    [13, 3600],
    [16, 3600],
    [500, 3600],
  ])('after try %i is about %i s', (tries, seconds) => {
    expect(pauseAfter(tries, {}, () => 0.5)).toBe(seconds);
  });

  it('is spread by a quarter either side, and never longer than the longest', () => {
    expect([pauseAfter(4, {}, () => 0), pauseAfter(4, {}, () => 0.999_999)].map(Math.round)).toEqual([6, 10]);
    expect(pauseAfter(12, { maxSeconds: 2048 }, () => 0.999_999)).toBe(2048);
  });

  it("starts and ends where the handler's options say", () => {
    expect([1, 2, 3].map((tries) => pauseAfter(tries, { firstSeconds: 5, maxSeconds: 12 }, () => 0.5))).toEqual([
      5, 10, 12,
    ]);
  });
});

describe('a failed try', () => {
  it.each([
    ['is followed by another', failure(15), 'RETRYING'],
    ['is the last one when it is the sixteenth', failure(16), 'DEAD'],
    ["is the last one when the handler's options say so", failure(2, new Error('no'), { tries: 2 }), 'DEAD'],
    ['is the last one when the handler gives up', failure(1, new GiveUp('no')), 'DEAD'],
    ['counts also when the handler asked for a later one', failure(16, new RetryLater(60)), 'DEAD'],
  ])('%s', (_rule, mark, state) => {
    expect(mark.state).toBe(state);
  });

  it('is followed by another when the handler asked for it', () => {
    expect(failure(3, new RetryLater(90)).nextTrySeconds).toBe(90);
    expect(failure(3, new RetryLater(new Date('2026-01-01T02:00:00Z'))).nextTrySeconds).toBe(7200);
    expect(failure(3, new RetryLater(new Date('2025-01-01T00:00:00Z'))).nextTrySeconds).toBe(0);
  });

  it.each([1e15, Number.MAX_VALUE, new Date(8.64e15)])(
    'comes within ten years, also when it was asked for %s',
    (after) => {
      expect(failure(3, new RetryLater(after)).nextTrySeconds).toBe(315_360_000);
    },
  );
});

describe('a delivery that waits', () => {
  it('has not used up its try', () => {
    expect(waitingMark('link:in_1', 4, { state: 'PENDING', waitingFor: null }).tries).toBe(3);
  });

  it.each([
    ['first', { state: 'PENDING', waitingFor: null }, 0],
    ['after a signal', { state: 'PENDING', waitingFor: 'link:in_1' }, 0],
    ['for something else than before', { state: 'WAITING', waitingFor: 'invoice:in_1' }, 0],
    ['after its second look', { state: 'WAITING', waitingFor: 'link:in_1' }, SLOW_LOOK_SECONDS],
  ])('%s looks again in time', (_when, before, seconds) => {
    expect(waitingMark('link:in_1', 1, before).nextTrySeconds).toBe(seconds);
  });
});
