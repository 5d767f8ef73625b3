import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signature } from '../support/signature.js';
import { startService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => void (service = await startService()));
afterAll(() => service.stop());

const ROUTES = [
  '/webhooks/stripe',
  '/graphql',
  '/healthz',
  '/readyz',
  '/metrics',
  '/',
  '/nothing',
  '/webhooks/%00',
  '/%zz',
];
const HEADERS = ['content-type', 'authorization', 'stripe-signature', 'content-encoding', 'accept', 'x-forwarded-for'];
const VALUES = [
  'application/json',
  'text/plain; charset=utf-16',
  'multipart/form-data',
  'gzip',
  'Bearer ',
  'Bearer test',
  'Basic x',
  't=1,v1=0',
  't=NaN',
  '*/*;q=2',
  ',,,',
];

const strangers = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'),
  path: fc.oneof(fc.constantFrom(...ROUTES), fc.webPath()),
  query: fc.oneof(fc.constant(''), fc.webQueryParameters()),
  headers: fc.dictionary(fc.constantFrom(...HEADERS), fc.constantFrom(...VALUES)),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.string().map((query) => Buffer.from(JSON.stringify({ query, variables: { query } }))),
  ),
});

async function statusOf(method: string, url: string, init: RequestInit): Promise<number> {
  const response = await fetch(url, { method, redirect: 'manual', ...init });
  await response.arrayBuffer();
  return response.status;
}

describe('Never', () => {
  it('a 5xx other than 503, or a crash, from anything a stranger can send', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(strangers, async ({ method, path, query, headers, body }) => {
        const hasBody = method !== 'GET' && method !== 'HEAD';
        const init = { headers, ...(hasBody && { body: new Uint8Array(body) }) };
        const status = await statusOf(method, `${service.url}${path}${query === '' ? '' : `?${query}`}`, init);
        expect([status, status < 500 || status === 503]).toEqual([status, true]);
      }),
      { numRuns: 300 },
    );
    expect(await statusOf('GET', `${service.url}/healthz`, {})).toBe(200);
  });

  it('nor from anything that is signed, by whoever has the secret', { timeout: 60_000 }, async () => {
    const signed = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({
          id: fc.string({ minLength: 1 }),
          type: fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('invoice.paid', 'customer.subscription.updated')),
          created: fc.oneof(fc.integer(), fc.double(), fc.string()),
          livemode: fc.oneof(fc.boolean(), fc.string()),
          data: fc.oneof(fc.jsonValue(), fc.record({ object: fc.jsonValue(), previous_attributes: fc.jsonValue() })),
        })
        .map((event) => Buffer.from(JSON.stringify(event))),
    );
    await fc.assert(
      fc.asyncProperty(signed, async (body) => {
        const bytes = new Uint8Array(body);
        const headers = { 'stripe-signature': signature(bytes, { secret: service.secret }) };
        const status = await statusOf('POST', `${service.url}/webhooks/stripe`, { headers, body: bytes });
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 300 },
    );
    await service.dispatcher!.idle({ withinMs: 30_000 });
    // What cannot be read stands there as failed; nothing else is held up by it.
    expect(await service.db.sql(`select id from event where state = 'PENDING'`)).toEqual([]);
    expect(await statusOf('GET', `${service.url}/healthz`, {})).toBe(200);
  });
});
