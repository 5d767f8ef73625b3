import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ColumnType, type ColumnValues, toArrayParameter } from '../../src/database/array-parameter.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
let client: Client;
beforeAll(async () => {
  db = await openTestDatabase();
  client = new Client({ connectionString: db.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await db.close();
});

/** What PostgreSQL understood, as it would write it. */
async function understood<Type extends ColumnType>(
  type: Type,
  values: readonly (ColumnValues[Type] | null | undefined)[],
): Promise<unknown[]> {
  const text = `select v::text from unnest($1::${type}[]) with ordinality as u (v, number) order by number`;
  const { rows } = await client.query<{ v: unknown }>(text, [toArrayParameter(type, values)]);
  return rows.map(({ v }) => v);
}

function caseOf<Type extends ColumnType>(type: Type, ...pairs: readonly (readonly [ColumnValues[Type], string])[]) {
  const values = pairs.map(([value]) => value);
  return {
    type,
    texts: pairs.map(([, text]) => text),
    read: () => understood(type, values),
    readBetweenNulls: () => understood(type, [null, ...values, undefined]),
  };
}

const CASES = [
  caseOf('bigint', ['0', '0'], ['-9223372036854775808', '-9223372036854775808']),
  caseOf('boolean', [true, 'true'], [false, 'false']),
  caseOf('bytea', [Buffer.from([0, 1, 255]), String.raw`\x0001ff`], [Buffer.alloc(0), String.raw`\x`]),
  caseOf('float8', [0.25, '0.25'], [-1e300, '-1e+300']),
  caseOf('int', [2_147_483_647, '2147483647'], [-1, '-1']),
  caseOf('int8', [Number.MAX_SAFE_INTEGER, '9007199254740991'], [-5, '-5']),
  caseOf('jsonb', ['{"a":[1,"ü"]}', '{"a": [1, "ü"]}'], ['null', 'null']),
  caseOf('text', ['', ''], ['{"a,b"}\\NULL', '{"a,b"}\\NULL'], ['Zoë 💶', 'Zoë 💶'], ['NULL', 'NULL']),
  caseOf(
    'timestamptz',
    [new Date('2026-11-28T20:15:30.123Z'), '2026-11-28 20:15:30.123+00'],
    [new Date('1969-12-31T23:59:59.999Z'), '1969-12-31 23:59:59.999+00'],
    [new Date('9999-12-31T23:59:59Z'), '9999-12-31 23:59:59+00'],
  ),
  caseOf('uuid', ['8F14E45F-CEEA-467F-9B0C-000000000001', '8f14e45f-ceea-467f-9b0c-000000000001']),
];

describe('an array that is sent in binary form', () => {
  test.each(CASES)('holds values of $type and nulls as they were given, in their order', async (given) => {
    await client.query("set timezone = 'UTC'");
    expect(await given.read()).toEqual(given.texts);
    expect(await given.readBetweenNulls()).toEqual([null, ...given.texts, null]);
  });

  test('may be empty, or hold nothing but null', async () => {
    expect(await understood('text', [])).toEqual([]);
    expect(await understood('timestamptz', [null])).toEqual([null]);
  });

  test('refuses what its type cannot hold, before anything is sent', () => {
    expect(() => toArrayParameter('int', [2 ** 31])).toThrow(RangeError);
    expect(() => toArrayParameter('int8', [0.5])).toThrow(RangeError);
    expect(() => toArrayParameter('bigint', ['9223372036854775808'])).toThrow(RangeError);
    expect(() => toArrayParameter('timestamptz', [new Date('no time')])).toThrow(RangeError);
    for (const text of ['8f14e45f', '8f14e45f-ceea-467f-9b0c-00000000000g', '']) {
      expect(() => toArrayParameter('uuid', [text])).toThrow(TypeError);
    }
  });

  test('is refused by PostgreSQL where a text holds NUL, as any other parameter is', async () => {
    await expect(understood('text', ['a\0b'])).rejects.toMatchObject({ code: '22021' });
  });
});
