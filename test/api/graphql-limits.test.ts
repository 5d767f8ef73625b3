import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getIntrospectionQuery } from 'graphql';
import { LIMITS } from '../../src/schema/limits.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { serveGraphql, type GraphqlService } from '../support/graphql.js';

let db: TestDatabase;
let service: GraphqlService;

beforeAll(async () => {
  db = await openTestDatabase();
  service = await serveGraphql(db);
});
afterAll(async () => {
  await service.close();
  await db.close();
});

const nested = (levels: number) =>
  '{ renewals(first: 1) { nodes { '.concat(
    'checkoutIntent { renewals(first: 1) { nodes { '.repeat(levels),
    'id',
    ' } } }'.repeat(levels),
    ' } } }',
  );
const renamed = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `f${index}: ${field}`).join(' ');

describe('a request may not', () => {
  it.each([
    ['nest deeper than the limit', nested(5), 'nests 18 levels deep'],
    [
      'nest deeper by way of fragments',
      `{ renewals { nodes { ...A } } } fragment A on Renewal ${nested(5).slice(nested(5).indexOf('{ checkoutIntent'), -4)}`,
      'levels deep',
    ],
    [
      'multiply pages',
      '{ checkoutIntents(first: 100) { nodes { renewals(first: 100) { nodes { invoice { id total } history { at by reason } } } } } }',
      'costs',
    ],
    [
      'multiply pages by their variables',
      'query ($n: Int! = 100) { checkoutIntents(first: $n) { nodes { renewals(first: $n) { edges { node { history { by reason } } } } } } }',
      'costs',
    ],
    ['repeat a field under other names', `{ ${renamed(300, 'invoice(id: 1) { id }')} }`, 'costs'],
    ['hold too many mutations', `mutation { ${renamed(100, 'markRenewalProcessed(renewalId: 1) { id }')} }`, 'costs'],
  ])('%s', async (_what, query, sentence) => {
    const answer = await service.ask(query);
    expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', data: undefined });
    expect(answer.errors?.[0]?.message).toContain(sentence);
  });

  it('hold more words than the parser takes', async () => {
    expect(await service.ask(`{ ${renamed(LIMITS.tokens, '__typename')} }`)).toMatchObject({
      status: 400,
      code: 'GRAPHQL_PARSE_FAILED',
    });
  });

  it('grow without bound by fragments that repeat fragments', async () => {
    const doubled = Array.from(
      { length: 30 },
      (_, index) => `fragment F${index} on Renewal { id ...F${index + 1} ...F${index + 1} }`,
    ).join('\n');
    const answer = await service.ask(`{ renewals { nodes { ...F0 } } } ${doubled} fragment F30 on Renewal { id }`);
    expect(answer).toMatchObject({ status: 400, data: undefined });
  });

  it('be refused for what it leaves out', async () => {
    const query =
      'query ($all: Boolean!) { renewals(first: 1) { nodes { id } } checkoutIntents(first: 100) @include(if: $all) { nodes { renewals(first: 100) { nodes { history { at by reason } } } } } }';
    expect(await service.ask(query, { all: false })).toMatchObject({ status: 200 });
    expect(await service.ask(query, { all: true })).toMatchObject({ status: 400 });
  });
});

describe('a request may', () => {
  it.each([
    [
      'ask for the largest page of everything about a renewal',
      '{ renewals(first: 100) { nodes { id state effectiveDate history { at by reason changes } invoice { id total status periodStart } checkoutIntent { id uuid state } subscription { id status } } } }',
    ],
    [
      'nest pages of the default length',
      '{ checkoutIntents { nodes { id renewals { nodes { id state effectiveDate stripeInvoiceId } } } } }',
    ],
    ['nest up to the limit', nested(4)],
    [
      'read the whole schema',
      getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, oneOf: true }),
    ],
    ['hold fifty mutations', `mutation { ${renamed(50, 'markRenewalProcessed(renewalId: 1) { id }')} }`],
  ])('%s', async (_what, query) => {
    expect((await service.ask(query)).status).toBe(200);
  });
});
