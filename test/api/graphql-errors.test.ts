import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKeys } from '../../src/access/api-keys.js';
import { systemClock } from '../../src/clock.js';
import { connectDatabase } from '../../src/database/orm.js';
import { ApiKeyScope } from '../../src/entities/states.js';
import { createAnnouncer } from '../../src/events/announcer.js';
import { createLedger, type Ledger } from '../../src/ledger/ledger.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { keyOf, noJobs, serveGraphql, type GraphqlService } from '../support/graphql.js';
import { openTcpProxy } from '../support/tcp-proxy.js';

let db: TestDatabase;
let service: GraphqlService;

const SECRET = 'sk_live_a_secret';

beforeAll(async () => {
  db = await openTestDatabase();
  const failing = {
    ...createLedger({} as never),
    explainMatch: () => Promise.reject(new Error(`It broke over ${SECRET}.`)),
  } satisfies Ledger;
  service = await serveGraphql(db, { ledger: failing });
});
afterAll(async () => {
  await service.close();
  await db.close();
});

const headers = { 'content-type': 'application/json', authorization: `Bearer ${keyOf(ApiKeyScope.admin)}` };

describe('a failure of the service', () => {
  it('is masked, with the id of the line of the log that tells the cause', async () => {
    const { data, errors, status } = await service.ask(
      '{ explainMatch(invoiceId: "in_1") { code } events { nodes { id } } }',
    );
    expect({ data, status }).toEqual({ status: 200, data: { explainMatch: null, events: { nodes: [] } } });
    expect(errors).toMatchObject([
      { message: 'The service failed. Its log says more under logId.', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
    expect(JSON.stringify(errors)).not.toContain(SECRET);
    expect(service.logged.join('')).not.toContain(SECRET);
    const logId = errors?.[0]?.extensions['logId'];
    expect(
      service.logged.filter((line) => line.includes(String(logId)) && line.includes('It broke over')),
    ).toHaveLength(1);
  });

  it('shows no stack', async () => {
    const { errors } = await service.ask('{ explainMatch(invoiceId: "in_1") { code } }');
    expect(Object.keys(errors?.[0]?.extensions ?? {}).sort()).toEqual(['code', 'logId']);
  });
});

describe('without a database', () => {
  it("a request is answered 503 by HTTP, and by GraphQL's own form", async () => {
    const away = await connectDatabase('postgres://nobody@127.0.0.1:1/nothing');
    const cut = await serveGraphql(db, { em: () => away.em.fork(), ledger: createLedger({ em: away.em } as never) });
    const answers = [
      await cut.ask('{ events { nodes { id } } }'),
      await cut.ask('{ event(id: "evt_1") { id } }'),
      await cut.ask('mutation { createCheckoutIntent(input: {}) { id } }'),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    await cut.close();
    await away.close();
  });

  it('that falls silent a request is answered 503 once its patience is over', async () => {
    const proxy = await openTcpProxy(db.url);
    const away = await connectDatabase(proxy.through(db.url), { patienceMs: 300 });
    const cut = await serveGraphql(db, {
      em: () => away.em.fork(),
      ledger: createLedger({ em: away.em, announcer: createAnnouncer(noJobs, null), clock: systemClock }),
    });
    const askAll = () =>
      Promise.all([
        cut.ask('{ events { nodes { id } } }'),
        cut.ask('{ event(id: "evt_1") { id } }'),
        cut.ask('mutation { createCheckoutIntent(input: {}) { id } }'),
      ]);
    for (const answer of await askAll()) expect(answer.status).toBe(200);
    proxy.silence();
    for (const answer of await askAll()) expect(answer).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    await proxy.restore();
    for (const answer of await askAll()) expect(answer.status).toBe(200);
    await cut.close();
    await away.close();
    await proxy.close();
  });

  it('a key that cannot be looked up is no bad key', async () => {
    const away = await connectDatabase('postgres://nobody@127.0.0.1:1/nothing');
    const cut = await serveGraphql(db, { apiKeys: createApiKeys({ em: () => away.em.fork() }) });
    expect(await cut.ask('{ __typename }')).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    await cut.close();
    await away.close();
  });
});

describe('what GraphQL itself refuses keeps its code', () => {
  it.each([
    ['{ events { nodes { nothing } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ events {', 'GRAPHQL_PARSE_FAILED'],
    ['query ($first: Int!) { events(first: $first) { nodes { id } } }', 'BAD_USER_INPUT'],
    ['query One { __typename } query Two { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
    ['{ renewals(filter: { effectiveFrom: "yesterday" }) { nodes { id } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { events { nodes { id } } }', 'BAD_USER_INPUT'],
  ])('%s', async (query, code) => {
    expect(await service.ask(query)).toMatchObject({ status: 400, code, data: undefined });
  });

  it('a document that nests deeper than the parser can follow is no failure of the service', async () => {
    const { length } = service.logged;
    expect(await service.ask('{a'.repeat(2_400))).toMatchObject({ status: 400, code: 'GRAPHQL_PARSE_FAILED' });
    expect(service.logged.slice(length)).toEqual([]);
  });

  it('a time without an offset is refused as a variable too, and the sentence says what it must be', async () => {
    const answer = await service.ask(
      'query ($at: DateTime) { renewals(filter: { effectiveFrom: $at }) { nodes { id } } }',
      { at: '2026-11-23T19:30:00' },
    );
    expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(answer.errors?.[0]?.message).toContain(
      'DateTime must be an ISO 8601 date and time with its offset from UTC',
    );
  });
});

describe('a request that is none', () => {
  it.each([
    ['no JSON', { method: 'POST', headers, body: '{' }, 400],
    ['no body', { method: 'POST', headers }, 400],
    ['JSON that is no object', { method: 'POST', headers, body: '[]' }, 400],
    ['several at once', { method: 'POST', headers, body: '[{"query":"{ __typename }"}]' }, 400],
    [
      'a form',
      {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'query={__typename}',
      },
      415,
    ],
    [
      'plain text',
      { method: 'POST', headers: { ...headers, 'content-type': 'text/plain' }, body: '{"query":"{ __typename }"}' },
      400,
    ],
    [
      'a body over 1 MiB',
      {
        method: 'POST',
        headers,
        body: JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(1_048_577) } }),
      },
      413,
    ],
  ])("is refused in GraphQL's form: %s", async (_what, init: RequestInit, status) => {
    const answer = await service.request('/graphql', init);
    expect(answer).toMatchObject({ status, data: undefined });
    expect(answer.errors?.[0]?.message).not.toBe('');
  });

  it('by GET is answered where no browser could have been made to send it', async () => {
    const url = `/graphql?query=${encodeURIComponent('{ __typename }')}`;
    const { authorization } = headers;
    expect(await service.request(url, { headers: { authorization } })).toMatchObject({ status: 400 });
    expect(await service.request(url, { headers: { authorization, 'apollo-require-preflight': '1' } })).toMatchObject({
      status: 200,
      data: { __typename: 'Query' },
    });
    const mutation = `/graphql?query=${encodeURIComponent('mutation { createCheckoutIntent(input: {}) { id } }')}`;
    expect(
      await service.request(mutation, { headers: { authorization, 'apollo-require-preflight': '1' } }),
    ).toMatchObject({ status: 405 });
  });

  it('of a persisted query finds none: no replica knows what another was sent', async () => {
    const body = '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}';
    expect(await service.request('/graphql', { method: 'POST', headers, body })).toMatchObject({
      code: 'PERSISTED_QUERY_NOT_SUPPORTED',
    });
  });

  it('leaves nothing in a cache', async () => {
    expect((await service.ask('{ __typename }')).headers.get('cache-control')).toBe('no-store');
  });
});
