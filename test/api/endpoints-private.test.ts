import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEndpointClient } from '../../src/events/endpoints/endpoint-client.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { type GraphqlService, serveGraphql } from '../support/graphql.js';
import { listen } from '../support/sibling.js';
import { ApiKeyScope } from '../../src/entities/states.js';

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

const REGISTER =
  'mutation ($input: RegisterHandlerEndpointInput!) { made: registerHandlerEndpoint(input: $input) { endpoint { id name url eventTypes enabled } secret } }';
// An address of the public Internet, so that nothing is looked up.
const PUBLIC = 'https://8.8.8.8/ledger';

const register = (input: Record<string, unknown>, scope?: ApiKeyScope) =>
  service.ask(REGISTER, { input: { name: 'receipts', url: PUBLIC, eventTypes: ['renewal.paid'], ...input } }, scope);

describe('an endpoint inside our own network', () => {
  it.each([
    'https://localhost/ledger',
    'https://receipts.localhost/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f.0.0.1/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://metadata.google.internal/',
  ])('is refused: %s', async (url) => {
    const { code, errors } = await register({ url });
    expect(code).toBe('BAD_USER_INPUT');
    expect(errors?.[0]?.message).toContain('ALLOW_PRIVATE_ENDPOINTS');
  });

  it('cannot be put in the place of a registered one', async () => {
    const { data } = await register({ name: 'moved' });
    const { code } = await service.ask(
      'mutation ($input: UpdateHandlerEndpointInput!) { updateHandlerEndpoint(input: $input) { id } }',
      { input: { id: data.made.endpoint.id, url: 'https://10.0.0.1/' } },
    );
    expect(code).toBe('BAD_USER_INPUT');
  });

  it('is not called, whatever its name resolved to before: the address is checked as the connection is made', async () => {
    let requests = 0;
    const { url, close } = await listen((_request, response) => {
      requests += 1;
      response.end();
    });
    const rebound = new URL(url);
    rebound.protocol = 'https:';
    rebound.hostname = 'receipts.example.com';
    const client = createEndpointClient({
      allowPrivate: false,
      resolve: (_host, _options, callback) =>
        callback(null, [
          { address: '8.8.8.8', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ]),
    });
    const post = { headers: {}, body: '{}', signal: AbortSignal.timeout(10_000) };
    try {
      await expect(client.post({ ...post, url: rebound.href })).rejects.toMatchObject({ code: 'PRIVATE_ADDRESS' });
      await expect(client.post({ ...post, url })).rejects.toMatchObject({ code: 'PRIVATE_ADDRESS' });
      await expect(client.post({ ...post, url: 'http://receipts.example.com/' })).rejects.toThrow('in the clear');
      expect(requests).toBe(0);
    } finally {
      await client.close();
      await close();
    }
  });

  it('is called where private endpoints are allowed', async () => {
    const { url, close } = await listen((_request, response) => void response.end());
    const client = createEndpointClient({ allowPrivate: true });
    try {
      const answer = await client.post({ url, headers: {}, body: '{}', signal: AbortSignal.timeout(10_000) });
      expect(answer.status).toBe(200);
    } finally {
      await client.close();
      await close();
    }
  });
});

describe('registering an endpoint', () => {
  it.each([
    ['http across the Internet', { url: 'http://8.8.8.8/' }, /https/],
    ['another protocol', { url: 'file:///etc/passwd' }, /http or https/],
    ['a password in the address', { url: 'https://user:hunter2@8.8.8.8/' }, /signed instead/],
    ['no types', { eventTypes: [] }, /1 to 500/],
    ['what is no type', { eventTypes: ['invoice paid'] }, /is no type of event/],
    ['a name that no path could hold', { name: '../x' }, /name must have/],
  ])('refuses %s', async (_what, input, reason) => {
    const { code, errors } = await register({ name: 'other', ...input });
    expect(code).toBe('BAD_USER_INPUT');
    expect(errors?.[0]?.message).toMatch(reason);
    expect(errors?.[0]?.message).not.toContain('hunter2');
  });

  it('shows the secret once, and refuses the name a second time', async () => {
    const { data } = await register({});
    expect(data.made).toMatchObject({
      endpoint: { name: 'receipts', url: PUBLIC, eventTypes: ['renewal.paid'], enabled: true },
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    expect(await register({})).toMatchObject({ code: 'BAD_USER_INPUT' });
    const listed = await service.ask('{ handlerEndpoints { name url } }');
    expect(listed.data.handlerEndpoints).toContainEqual({ name: 'receipts', url: PUBLIC });
  });

  it.each([
    ['handlerEndpoints', '{ handlerEndpoints { id } }'],
    ['rotateHandlerEndpointSecret', 'mutation { rotateHandlerEndpointSecret(id: "1") { secret } }'],
    ['removeHandlerEndpoint', 'mutation { removeHandlerEndpoint(id: "1") }'],
    ['updateHandlerEndpoint', 'mutation { updateHandlerEndpoint(input: { id: "1" }) { id } }'],
  ])('needs the scope admin, as all of its kind do: %s', async (_name, query) => {
    expect((await service.ask(query, {}, ApiKeyScope.write)).code).toBe('FORBIDDEN');
    expect((await register({}, ApiKeyScope.write)).code).toBe('FORBIDDEN');
  });

  it.each(['999999', 'x', '99999999999999999999'])(
    'of an endpoint that is not there nothing can be changed: %s',
    async (id) => {
      for (const [name, fields] of [
        ['rotateHandlerEndpointSecret', '{ secret }'],
        ['removeHandlerEndpoint', ''],
      ] as const)
        expect((await service.ask(`mutation ($id: ID!) { ${name}(id: $id) ${fields} }`, { id })).code).toBe(
          'NOT_FOUND',
        );
    },
  );
});
