import {
  GiveUp,
  InvalidWaitKeyError,
  isGiveUp,
  isRetryLater,
  isWaitFor,
  RetryLater,
  SdkError,
  waitFor,
} from '@renewal-ledger/sdk';
import { describe, expect, it } from 'vitest';

describe('waitFor', () => {
  it.each(['invoice:in_1', 'subscription:sub_1', 'renewal:42', 'link:in_1'])('takes %s', (key) => {
    expect(waitFor(key)).toEqual({ waitFor: key });
    expect(isWaitFor(waitFor(key))).toBe(true);
  });

  it.each([
    '',
    'invoice',
    'invoice:',
    'invoices:in_1',
    'invoice:a b',
    'invoice:\0',
    ` invoice:in_1`,
    `invoice:${'x'.repeat(256)}`,
  ])('refuses %j', (key) => {
    expect(() => waitFor(key)).toThrow(InvalidWaitKeyError);
  });

  it('is told from other answers', () => {
    expect([undefined, null, 5, {}, { waitFor: 'nothing' }, { waitFor: 7 }].some(isWaitFor)).toBe(false);
  });
});

describe('RetryLater', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it('takes seconds or a moment', () => {
    expect(new RetryLater(90).secondsFrom(now)).toBe(90);
    expect(new RetryLater(new Date('2026-01-01T00:01:30Z')).secondsFrom(now)).toBe(90);
  });

  it('does not go back in time', () => {
    expect(new RetryLater(new Date('2025-01-01T00:00:00Z')).secondsFrom(now)).toBe(0);
    expect(() => new RetryLater(-1)).toThrow(RangeError);
    expect(() => new RetryLater(Number.NaN)).toThrow(RangeError);
    expect(() => new RetryLater(new Date('nonsense'))).toThrow(RangeError);
  });
});

describe('the outcomes that are thrown', () => {
  it('are recognised, also when another copy of the package threw them', () => {
    const copied = Object.assign(new Error('enough'), { code: 'GIVE_UP' });
    expect([new GiveUp('enough'), copied].every(isGiveUp)).toBe(true);
    expect(isRetryLater(new RetryLater(1))).toBe(true);
    expect([new Error('no'), { code: 'GIVE_UP' }, undefined].some(isGiveUp)).toBe(false);
    expect(isRetryLater(Object.assign(new Error('no'), { code: 'RETRY_LATER' }))).toBe(false);
  });

  it('are errors with a code, a message and a cause', () => {
    const cause = new Error('socket closed');
    const error = new GiveUp('The customer is gone.', { cause });
    expect(error).toBeInstanceOf(SdkError);
    expect(error).toMatchObject({ name: 'GiveUp', code: 'GIVE_UP', message: 'The customer is gone.', cause });
  });
});
