import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKeys, type ApiKeys } from '../../src/access/api-keys.js';
import { ApiKeyScope } from '../../src/entities/states.js';
import { createSchema } from '../../src/schema/build-schema.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { serveGraphql, type GraphqlService } from '../support/graphql.js';

let db: TestDatabase;
let service: GraphqlService;
let apiKeys: ApiKeys;

beforeAll(async () => {
  db = await openTestDatabase();
  apiKeys = createApiKeys({ em: () => db.em(), adminApiKey: 'the-admin-key' });
  service = await serveGraphql(db, { apiKeys });
});
afterAll(async () => {
  await service.close();
  await db.close();
});

const post = (authorization: string | undefined, body: unknown = { query: '{ __typename }' }) =>
  service.request('/graphql', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
  });

describe('an API key', () => {
  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    'Basic the-admin-key',
    'the-admin-key',
    'Bearer the-admin-key x',
    'Bearer the-admin-ke',
  ])('that is no good is refused: %j', async (authorization) => {
    const answer = await post(authorization);
    expect(answer).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', data: undefined });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  it('is asked for before the body is read, whatever it holds', async () => {
    const body = 'x'.repeat(2_000_000);
    expect(
      await service.request('/graphql', { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
    ).toMatchObject({ status: 401 });
  });

  it('counts by its hash until it is revoked', async () => {
    const key = await apiKeys.create({ name: 'reporting', scope: ApiKeyScope.read });
    expect(await post(`Bearer ${key}`)).toMatchObject({ status: 200, data: { __typename: 'Query' } });
    expect(await post(`bearer  ${key}`)).toMatchObject({ status: 200 });
    await apiKeys.revoke('reporting');
    await eventually(async () => expect(await post(`Bearer ${key}`)).toMatchObject({ status: 401 }));
  });

  it('of any scope may read the schema', async () => {
    const key = await apiKeys.create({ name: 'introspection', scope: ApiKeyScope.read });
    const answer = await post(`Bearer ${key}`, { query: getIntrospectionQuery() });
    expect(answer).toMatchObject({ errors: undefined, data: { __schema: { mutationType: { name: 'Mutation' } } } });
  });
});

describe('the scope read', () => {
  const mutations = Object.values(createSchema().getMutationType()?.getFields() ?? {});
  const ARGUMENTS: Readonly<Record<string, string>> = {
    createCheckoutIntent: 'input: {}',
    updateCheckoutIntent: 'input: { id: 1 }',
    createRenewal: 'input: { checkoutIntentId: 1, subscriptionPlanRenewalId: "x" }',
    updateRenewal: 'input: { id: 1, reason: "x" }',
    linkInvoice: 'input: { invoiceId: "x" }',
    unlinkInvoice: 'input: { renewalId: 1, reason: "x" }',
    markRenewalProcessed: 'renewalId: 1',
    replayEvents: 'input: { ids: [] }',
    registerHandlerEndpoint: 'input: { name: "x", url: "https://x.test/", eventTypes: [] }',
    updateHandlerEndpoint: 'input: { id: 1 }',
    rotateHandlerEndpointSecret: 'id: 1',
    removeHandlerEndpoint: 'id: 1',
    startBackfill: 'input: { kind: RENEWAL_LINKS }',
    cancelBackfill: 'id: 1',
    undoBackfill: 'id: 1',
  };

  it.each(mutations.map(({ name }) => name))('may not call %s', async (name) => {
    const key = await apiKeys.create({ name: `reads, tries ${name}`, scope: ApiKeyScope.read });
    expect(ARGUMENTS[name], 'Give this test the arguments of the new mutation.').toBeDefined();
    const fields = name === 'removeHandlerEndpoint' ? '' : '{ __typename }';
    const answer = await post(`Bearer ${key}`, { query: `mutation { ${name}(${ARGUMENTS[name]}) ${fields} }` });
    expect(answer).toMatchObject({
      status: 200,
      data: null,
      code: 'FORBIDDEN',
      errors: [{ message: 'This needs an API key of the scope write; yours has read.' }],
    });
  });

  it('changes nothing by a mutation that is refused', async () => {
    expect(await db.sql('select id from checkout_intent')).toEqual([]);
  });
});

describe('the scope write', () => {
  it('may replay, but not by force', async () => {
    const key = await apiKeys.create({ name: 'writes', scope: ApiKeyScope.write });
    const replay = (force: boolean) =>
      post(`Bearer ${key}`, { query: `mutation { replayEvents(input: { ids: [], force: ${force} }) { replayed } }` });
    expect(await replay(false)).toMatchObject({ data: { replayEvents: { replayed: 0 } } });
    expect(await replay(true)).toMatchObject({
      data: null,
      code: 'FORBIDDEN',
      errors: [{ message: 'This needs an API key of the scope admin; yours has write.' }],
    });
  });
});
