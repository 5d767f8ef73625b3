import { GiveUp } from '@renewal-ledger/sdk';
import { expect, it } from 'vitest';
import { toLastError } from '../../src/events/last-error.js';

const rowInIt = Object.assign(
  new Error('violates check constraint "x"\n - detail: Failing row contains (evt_1, a@b.example).'),
  {
    severity: 'ERROR',
    code: '23514',
  },
);

const valueInIt = Object.assign(new Error('invalid input syntax for type uuid: "a@b.example"'), {
  severity: 'ERROR',
  code: '22P02',
});

it.each([
  [
    'code and sentence',
    Object.assign(new Error('It is closed.'), { code: 'SHOP_CLOSED' }),
    'SHOP_CLOSED: It is closed.',
  ],
  [
    'its cause',
    new Error('Not called.', { cause: new Error('connect ECONNREFUSED') }),
    'Not called. (connect ECONNREFUSED)',
  ],
  [
    'no cause that says the same',
    new Error('Not called: refused', { cause: new Error('refused') }),
    'Not called: refused',
  ],
  ['no row of the database', rowInIt, '23514: violates check constraint "x"'],
  ['no value that the database quotes', valueInIt, '22P02: invalid input syntax for type uuid'],
  ['no code where the handler only says what is to come', new GiveUp('Nobody wants this.'), 'Nobody wants this.'],
  [
    'nothing of what was thrown instead of an error',
    { email: 'a@b.example' },
    'Something that is not an Error was thrown.',
  ],
  [
    'no secret',
    new Error('Bearer abc.def was refused by sk_test_abcdef123'),
    'Bearer [secret] was refused by [secret]',
  ],
  ['no NUL, which a column cannot hold', new Error('a\0b'), 'ab'],
])('the last error of a delivery holds %s', (_what, error, text) => {
  expect(toLastError(error)).toBe(text);
});

it('the last error of a delivery has at most 2,000 characters', () => {
  expect(toLastError(new Error('x'.repeat(5_000)))).toHaveLength(2_000);
});
