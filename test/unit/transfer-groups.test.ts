import { describe, expect, it } from 'vitest';
import { Problems } from '../../src/transfer/problems.js';
import { readAhead, readGroups } from '../../src/transfer/read-records.js';
import { aFile } from '../support/command.js';
import { anExportedEvent, anExportedIntent } from '../support/importing.js';

const anEvent = (id: number, padding = '') => anExportedEvent({ id: `evt_${id}`, type: 'invoice.paid', padding });

/** How many records each group of a file of these lines has, and what is wrong with those that were read. */
async function groupsOf(lines: readonly string[], { size, count }: { readonly size: number; readonly count: number }) {
  const problems = new Problems();
  const path = aFile('records.ndjson', lines.join('\n'));
  const sizes: number[] = [];
  for await (const group of readGroups(path, { kind: 'event', size, count, problems })) sizes.push(group.length);
  return { sizes, problems };
}

describe('the records of a file, read in groups', () => {
  it('are those of one kind, so many at a time', async () => {
    const records = [anExportedIntent(1), anEvent(1), anEvent(2), anExportedIntent(2), anEvent(3)];
    const lines = records.map((record) => JSON.stringify(record));
    expect((await groupsOf(lines, { size: 2, count: 3 })).sizes).toEqual([2, 1]);
  });

  it('are read no further than to the last of the kind', async () => {
    const { sizes, problems } = await groupsOf([JSON.stringify(anEvent(1)), 'no JSON'], { size: 2, count: 1 });
    expect(sizes).toEqual([1]);
    expect(() => problems.assertNone()).not.toThrow();
  });

  it('are fewer at a time where they are long', async () => {
    const long = JSON.stringify(anEvent(1, 'x'.repeat(2 ** 23)));
    expect((await groupsOf([long, long, long], { size: 10, count: 3 })).sizes).toEqual([2, 1]);
  });
});

describe('reading ahead', () => {
  it('has the next one asked for while the one before is worked on', async () => {
    let asked = 0;
    const numbers = async function* () {
      for (;;) yield (asked += 1);
    };
    for await (const number of readAhead(numbers())) {
      expect(asked).toBe(number + 1);
      if (number === 3) break;
    }
  });

  it('ends what it reads when nobody wants more', async () => {
    let isClosed = false;
    const numbers = async function* () {
      try {
        for (let number = 1; ; number += 1) yield number;
      } finally {
        isClosed = true;
      }
    };
    for await (const number of readAhead(numbers())) if (number === 2) break;
    expect(isClosed).toBe(true);
  });

  it('fails where what it reads fails, and not before', async () => {
    const worked: number[] = [];
    const numbers = async function* () {
      yield 1;
      throw new Error('cut off');
    };
    await expect(async () => {
      for await (const number of readAhead(numbers())) worked.push(number);
    }).rejects.toThrow('cut off');
    expect(worked).toEqual([1]);
  });
});
