import { describe, expect, it } from 'vitest';
import { createLogger, sentenceOf } from '../../src/log.js';

const logged = (write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] => {
  const lines: string[] = [];
  write(createLogger('info', { write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

/** As node-postgres and the ORM throw it: the row stands in `detail` and behind the first line. */
const aDatabaseError = () =>
  Object.assign(
    new Error(
      'duplicate key value violates unique constraint "x"\n - detail: Key (email)=(a@b.example) already exists.',
    ),
    {
      severity: 'ERROR',
      code: '23505',
      detail: 'Key (email)=(a@b.example) already exists.',
    },
  );

describe('a log line', () => {
  it('is one JSON object with a level by name and a time in UTC', () => {
    expect(logged((log) => log.info({ event: 'evt_1' }, 'Stored'))).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), event: 'evt_1', msg: 'Stored' },
    ]);
  });

  it('is left out below the level', () => {
    expect(logged((log) => log.debug('unheard'))).toEqual([]);
  });

  it.each([
    [{ authorization: 'Bearer hunter2' }],
    [{ headers: { authorization: 'Bearer hunter2' } }],
    [{ request: { headers: { authorization: 'hunter2', 'stripe-signature': 'hunter2' } } }],
    [{ config: { adminApiKey: 'hunter2' } }],
    [{ err: new Error('whsec_hunter2hunter2 does not fit') }],
    [{ err: new Error('connect postgres://ledger:hunter2@db/x') }],
    [{ err: new Error('outer', { cause: new Error('Authorization: Bearer hunter2') }) }],
    [{ err: Object.assign(new Error('failed'), { parameters: ['hunter2'] }) }],
    [{ err: { not: 'an Error, but hunter2' } }],
  ])('never holds a secret: %j', (fields) => {
    const [line] = logged((log) => log.warn(fields, 'Something'));
    expect(line?.['msg']).toBe('Something');
    expect(JSON.stringify(line)).not.toContain('hunter2');
  });

  it('names an error with its type, code, frames and cause', () => {
    const [line] = logged((log) => log.error({ err: new Error('Not stored.', { cause: aDatabaseError() }) }, 'Failed'));
    expect(line?.['err']).toEqual({
      type: 'Error',
      message: 'Not stored.',
      stack: expect.stringMatching(/^\s+at /),
      cause: expect.objectContaining({ code: '23505', message: 'duplicate key value violates unique constraint "x"' }),
    });
  });
});

describe('the sentence of an error', () => {
  it.each([
    ['a database error without its row', aDatabaseError(), 'duplicate key value violates unique constraint "x"'],
    ['an error without words', new TypeError(''), 'TypeError'],
    ['a thrown string', 'no such luck', 'no such luck'],
    ['anything else', { body: 'private' }, 'Something that is not an Error was thrown.'],
    ['an API key in it', new Error('rlk_abcdefghij is unknown'), '[secret] is unknown'],
  ])('is that of %s', (_name, error, sentence) => {
    expect(sentenceOf(error)).toBe(sentence);
  });
});
