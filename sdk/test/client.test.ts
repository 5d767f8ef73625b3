import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  createLedgerClient,
  LedgerError,
  LinkConflictError,
  UnauthenticatedError,
  UnavailableError,
} from '@renewal-ledger/sdk';
import { afterEach, describe, expect, it } from 'vitest';

interface Asked {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

type Reply = (response: ServerResponse) => void;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A stand-in for the ledger, which answers each request by the next of the replies, and by the last for ever. */
async function standIn(...replies: Reply[]) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const { url, headers } = request;
    void text(request).then((body) => {
      const { query, variables } = JSON.parse(body) as Pick<Asked, 'query' | 'variables'>;
      asked.push({ url, authorization: headers.authorization, query, variables });
      replies[Math.min(asked.length, replies.length) - 1]?.(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  closing.push(close);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, url, close, client: createLedgerClient({ url, apiKey: 'the-key' }) };
}

const answers =
  (body: unknown, status = 200): Reply =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
const refuses = (code: string, status = 200) =>
  answers({ data: null, errors: [{ message: `${code} it is`, extensions: { code } }] }, status);
const away = answers(
  { errors: [{ message: 'The database is away.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] },
  503,
);
const hangsUp: Reply = (response) => void response.destroy();
const found = answers({ data: { renewal: { id: '7' } } });
const input = { checkoutIntentId: '1', subscriptionPlanRenewalId: '9' };

describe('a client of the ledger', () => {
  it('asks at /graphql with its key, and hands back what the field holds', async () => {
    const { asked, client } = await standIn(found);
    expect(await client.renewal({ id: '7' })).toEqual({ id: '7' });
    expect(asked[0]).toMatchObject({
      url: '/graphql',
      authorization: 'Bearer the-key',
      variables: { id: '7' },
      query: expect.stringContaining('renewal(id:$id'),
    });
  });

  it('takes the address with a path, with or without /graphql', async () => {
    const { asked, url } = await standIn(answers({ data: { overview: null } }));
    for (const path of ['/ledger', '/ledger/', '/ledger/graphql', '/ledger/graphql/'])
      await createLedgerClient({ url: url + path, apiKey: 'k' }).overview();
    expect(asked.map((one) => one.url)).toEqual(Array(4).fill('/ledger/graphql'));
  });

  it('hands the argument of a mutation over as its input', async () => {
    const { asked, client } = await standIn(answers({ data: { createRenewal: { id: '7' } } }));
    await client.createRenewal(input);
    expect(asked[0]?.variables).toEqual({ input });
  });

  it('asks any other selection as it is given', async () => {
    const { asked, client } = await standIn(answers({ data: { event: { payload: { id: 'evt_1' } } } }));
    const query = 'query ($id: ID!) { event(id: $id) { payload } }';
    expect(await client.query(query, { id: 'evt_1' })).toEqual({ event: { payload: { id: 'evt_1' } } });
    expect(asked[0]).toMatchObject({ query, variables: { id: 'evt_1' } });
  });
});

describe('a list', () => {
  const page = (ids: string[], endCursor: string | null) =>
    answers({
      data: {
        renewals: { nodes: ids.map((id) => ({ id })), pageInfo: { hasNextPage: endCursor !== null, endCursor } },
      },
    });

  it('is walked through all of its pages, with the same filter', async () => {
    const { asked, client } = await standIn(page(['1', '2'], 'c2'), page(['3'], 'c3'), page([], null));
    const seen: string[] = [];
    for await (const renewal of client.renewals({ first: 2, filter: { overdue: true } })) seen.push(renewal.id);
    expect(seen).toEqual(['1', '2', '3']);
    const shared = { first: 2, filter: { overdue: true } };
    expect(asked.map((one) => one.variables)).toEqual([shared, { ...shared, after: 'c2' }, { ...shared, after: 'c3' }]);
  });

  it('asks for no page that is not read', async () => {
    const { asked, client } = await standIn(page(['1', '2'], 'c2'));
    const list = client.renewals();
    expect(asked).toHaveLength(0);
    for await (const renewal of list) if (renewal.id === '2') break;
    expect(await list.page()).toMatchObject({ nodes: [{ id: '1' }, { id: '2' }], pageInfo: { endCursor: 'c2' } });
    expect(asked).toHaveLength(2);
  });
});

describe('a refusal', () => {
  it('has a class and a code', async () => {
    const { client } = await standIn(refuses('LINK_CONFLICT'));
    const error = await client.markRenewalProcessed({ renewalId: '1' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LinkConflictError);
    expect(error).toMatchObject({
      name: 'LinkConflictError',
      code: 'LINK_CONFLICT',
      message: 'LINK_CONFLICT it is',
      status: 200,
    });
  });

  it.each([
    ['UNAUTHENTICATED', 401, UnauthenticatedError],
    ['SOMETHING_OF_TOMORROW', 200, LedgerError],
  ])('keeps its code: %s', async (code, status, type) => {
    const { asked, client } = await standIn(refuses(code, status));
    const error = await client.overview().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect((error as Error).constructor).toBe(type);
    expect(asked).toHaveLength(1);
  });

  it('that is no GraphQL is told by its status', async () => {
    const { client } = await standIn((response) => void response.writeHead(401).end('<html>who are you</html>'));
    await expect(client.overview()).rejects.toThrow(UnauthenticatedError);
  });

  it('does not follow a redirect, which would take the key elsewhere', async () => {
    const { asked, url } = await standIn((response) => void response.writeHead(307, { location: '/elsewhere' }).end());
    await expect(createLedgerClient({ url, apiKey: 'k', retries: 0 }).overview()).rejects.toThrow(UnavailableError);
    expect(asked).toHaveLength(1);
  });
});

describe('while the ledger is not there', () => {
  it.each<[string, Reply]>([
    ['answers 503', away],
    ['hangs up', hangsUp],
  ])('a query is asked again when it %s', async (_name, fails) => {
    const { asked, client } = await standIn(fails, fails, found);
    expect(await client.renewal({ id: '7' })).toEqual({ id: '7' });
    expect(asked).toHaveLength(3);
  });

  it('a mutation that may be repeated is asked again', async () => {
    const { asked, client } = await standIn(hangsUp, answers({ data: { createRenewal: { id: '7' } } }));
    await client.createRenewal(input);
    expect(asked).toHaveLength(2);
  });

  it('a mutation that may not be repeated is not', async () => {
    const { asked, client } = await standIn(away);
    await expect(client.unlinkInvoice({ renewalId: '1', reason: 'wrong' })).rejects.toThrow(UnavailableError);
    await expect(client.createCheckoutIntent({ enterpriseName: 'Acme' })).rejects.toThrow('The database is away.');
    expect(asked).toHaveLength(2);
  });

  it('a checkout intent is created again only by its uuid', async () => {
    const { asked, client } = await standIn(away, answers({ data: { createCheckoutIntent: { id: '7' } } }));
    expect(await client.createCheckoutIntent({ uuid: '11111111-1111-4111-8111-111111111111' })).toEqual({ id: '7' });
    expect(asked).toHaveLength(2);
  });

  it('the client gives up after its retries, with the last reason', async () => {
    const { asked, url, close } = await standIn(away);
    const client = createLedgerClient({ url, apiKey: 'k', retries: 1 });
    await expect(client.overview()).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503 });
    expect(asked).toHaveLength(2);
    await close();
    await expect(client.overview()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      status: null,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('no answer is waited for longer than the time that is given', async () => {
    const { url } = await standIn(() => {});
    const client = createLedgerClient({ url, apiKey: 'k', retries: 0, timeoutSeconds: 0.05 });
    await expect(client.overview()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
