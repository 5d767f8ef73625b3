import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Sends bytes as they are and answers what came back until the connection ended, or the first answer was whole. */
async function raw(request: string | Buffer): Promise<{ status: number; text: string }> {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    if (Buffer.concat(chunks).includes('\r\n\r\n')) socket.end();
  });
  socket.on('error', () => undefined);
  socket.setTimeout(10_000, () => socket.destroy());
  socket.write(request);
  await closeOf(socket);
  const text = Buffer.concat(chunks).toString('latin1');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}

const closeOf = (socket: Socket) => new Promise((resolve) => socket.on('close', resolve));

describe('the webhook takes POST only', () => {
  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY', 'PURGE'])(
    '%s is refused, with what is allowed',
    async (method) => {
      const { status, text } = await raw(
        `${method} /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Type: application/json\r\n\r\n{{{{`,
      );
      expect(status).toBe(405);
      expect(text).toMatch(/^allow: POST\r$/im);
      expect(text.includes('METHOD_NOT_ALLOWED')).toBe(method !== 'HEAD');
    },
  );

  test('a path that is not there is 404', async () => {
    const answer = await fetch(`${service.url}/webhooks/nobody`, { method: 'POST', body: '{{' });
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: { code: 'NOT_FOUND', message: expect.any(String) as string } },
    ]);
  });

  test('a query behind the path changes nothing', async () => {
    const answer = await fetch(`${service.url}/webhooks/stripe?a=%zz`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: 'SIGNATURE_MISSING' } });
  });
});

describe('nothing that a stranger sends is answered with a 5xx other than 503, or ends the service', () => {
  const POST = 'POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\n';
  const paths = [
    '/',
    '/webhooks/stripe/',
    '/%zz',
    '//',
    '/webhooks/stripe/%00',
    `/${'a'.repeat(15_000)}`,
    '/graphql',
    '/metrics',
    '/__proto__',
    '/constructor',
  ];

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a TLS greeting', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00])],
    ['a method that is none', 'HELLO /webhooks/stripe HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT', 'CONNECT /webhooks/stripe HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no host', 'POST /webhooks/stripe HTTP/1.1\r\n\r\n'],
    ['HTTP of tomorrow', 'POST /webhooks/stripe HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['an upgrade', `${POST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`],
    ['two lengths', `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ['a length and chunks', `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a negative length', `${POST}Content-Length: -1\r\n\r\n`],
    ['a length beyond all numbers', `${POST}Content-Length: 99999999999999999999\r\n\r\n`],
    ['broken chunks', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ['an unknown transfer coding', `${POST}Transfer-Encoding: gzip\r\n\r\n`],
    ['an expectation', `${POST}Expect: the-unexpected\r\nContent-Length: 0\r\n\r\n`],
    ['headers without end', `${POST}${'X-Header: x\r\n'.repeat(5_000)}\r\n`],
    ['a header of 100 KB', `${POST}Stripe-Signature: ${'v1=0,'.repeat(20_000)}\r\n\r\n`],
    ['bytes in a header', Buffer.from(`${POST}Stripe-Signature: \xff\xfe\r\nContent-Length: 0\r\n\r\n`, 'latin1')],
    ['several signatures', `${POST}Stripe-Signature: t=1,v1=0\r\nStripe-Signature: t=2\r\nContent-Length: 0\r\n\r\n`],
    ['an absolute address', 'POST http://elsewhere/webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'],
    ['no address at all', 'POST * HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'],
    ['half a body', `${POST}Content-Length: 100\r\nConnection: close\r\n\r\nabc`],
  ])('%s', async (what, request) => {
    const { status } = what === 'half a body' ? await halfABody(request) : await raw(request);
    expect(status === 0 || status < 500 || status === 503, `status ${status}`).toBe(true);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  });

  test.each([
    ['bytes that are no request', 'hello\r\n\r\n', 400, 'BAD_REQUEST'],
    ['too many headers', `${POST}${'X-Header: x\r\n'.repeat(5_000)}\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ])('%s have an answer in the form of all others', async (_what, request, status, code) => {
    const answer = await raw(request);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { code } });
  });

  test.each(paths.map((path) => [path.slice(0, 20), path]))('a path like %s by every method', async (_, path = '') => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      const { status } = await raw(
        `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{]`,
      );
      expect(status > 0 && (status < 500 || status === 503), `${method}: status ${status}`).toBe(true);
    }
  });

  async function halfABody(request: string | Buffer): Promise<{ status: number }> {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(request, () => socket.destroy());
    await closeOf(socket);
    return { status: 0 };
  }
});
