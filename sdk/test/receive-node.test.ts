import { once } from 'node:events';
import { createServer, type IncomingMessage, request as send, type RequestListener, type Server } from 'node:http';
import { createServer as createHttp2Server, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { HandlerMap, receive, receiveNode } from '@renewal-ledger/sdk';
import express from 'express';
import fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { aDelivery, SECRET } from './support/delivery.js';

const silent = { info() {}, warn() {}, error() {} };
const options = { secret: SECRET, log: silent };
const closing: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

function counted() {
  const seen: string[] = [];
  return {
    seen,
    map: new HandlerMap().on('invoice.paid', async (event) => void seen.push(event.id), { name: 'counted' }),
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/ledger`;
}

const post = (url: string, spec?: Parameters<typeof aDelivery>[0]) =>
  fetch(url, { method: 'POST', ...aDelivery(spec) });

describe("receiveNode takes a delivery in Node's http server", () => {
  const serve = (map: HandlerMap) => listen(createServer(receiveNode(map, options) as RequestListener));

  it('and runs its handlers', async () => {
    const { seen, map } = counted();
    const response = await post(await serve(map));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual({ done: ['counted'], emitted: [] });
    expect(seen).toHaveLength(1);
  });

  it('and refuses what is not signed, too large, or no post', async () => {
    const { seen, map } = counted();
    const url = await serve(map);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
    expect((await post(url, { body: 'x'.repeat(5_000_000) })).status).toBe(413);
    expect((await fetch(url)).status).toBe(405);
    expect(seen).toEqual([]);
  });

  it.each(['TRACE', 'PUT', 'PURGE'])(
    'and refuses any other method, also what fetch has no request for: %s',
    async (method) => {
      const sent = send(await serve(counted().map), { method }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      expect([response.statusCode, response.headers.allow]).toEqual([405, 'POST']);
      response.destroy();
    },
  );

  it('and aborts the handlers when the ledger hangs up', async () => {
    const started = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    const map = new HandlerMap().on('invoice.paid', (_event, ctx) => {
      ctx.signal.addEventListener('abort', () => aborted.resolve(ctx.signal.reason));
      started.resolve();
      return new Promise<void>(() => {});
    });
    const caller = new AbortController();
    const request = fetch(await serve(map), { method: 'POST', ...aDelivery(), signal: caller.signal }).catch(
      () => 'hung up',
    );
    await started.promise;
    caller.abort();
    expect(await aborted.promise).toBeInstanceOf(Error);
    expect(await request).toBe('hung up');
  });
});

describe('receiveNode takes a delivery over HTTP/2', () => {
  it('whose pseudo-headers are no headers', async () => {
    const { seen, map } = counted();
    const take = receiveNode(map, options);
    const server = createHttp2Server((request, response) => void take(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    closing.push(
      () => session.destroy(),
      () => server.close(),
    );
    const { body, headers } = aDelivery();
    const sent = session.request({ ':method': 'POST', ':path': '/ledger', ...headers });
    const [answer] = (await once(sent.end(body), 'response')) as [Record<string, unknown>];
    expect(answer[':status']).toBe(200);
    expect(seen).toHaveLength(1);
  });
});

describe('receiveNode takes a delivery in express', () => {
  it('mounted before any body parser', async () => {
    const { seen, map } = counted();
    const app = express().post('/ledger', receiveNode(map, options)).use(express.json());
    expect((await post(await listen(createServer(app)))).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  it('after a parser that keeps the bytes', async () => {
    const { seen, map } = counted();
    const app = express()
      .use(express.raw({ type: '*/*' }))
      .post('/ledger', receiveNode(map, options));
    expect((await post(await listen(createServer(app)))).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  it('and says what is wrong after a parser that loses them', async () => {
    const { seen, map } = counted();
    const app = express().use(express.json()).post('/ledger', receiveNode(map, options));
    const response = await post(await listen(createServer(app)));
    expect(await response.json()).toMatchObject({ error: { code: 'BODY_PARSED' } });
    expect([response.status, seen]).toEqual([500, []]);
  });
});

describe('receive takes a delivery in fastify', () => {
  it('with the body kept as bytes', async () => {
    const { seen, map } = counted();
    const answer = receive(map, options);
    const app = fastify();
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.post('/ledger', (request) =>
      answer(
        new Request('http://fastify/ledger', {
          method: 'POST',
          headers: request.headers as Record<string, string>,
          body: request.body as Uint8Array<ArrayBuffer>,
        }),
      ),
    );
    closing.push(() => app.close());
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const response = await post(`${url}/ledger`);
    expect([response.status, await response.json()]).toEqual([200, { done: ['counted'], emitted: [] }]);
    expect(seen).toHaveLength(1);
  });
});
