import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { aStripeEvent, anInvoice } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nowInSeconds, signature, v1 } from '../support/signature.js';
import { type Answer, startService, type TestService } from '../support/service.js';

const SECOND_SECRET = 'whsec_second';
/** The service's clock stands still at the end of this second. */
const NOW = nowInSeconds();
let service: TestService;

beforeAll(async () => {
  const clock = { now: () => new Date(NOW * 1000 + 999) };
  service = await startService({ webhookSecrets: ['whsec_first', SECOND_SECRET], clock });
});
afterAll(() => service.stop());

const STORED = { received: true, duplicate: false };
const DUPLICATE = { received: true, duplicate: true };
const refusal = (code: string) => ({ error: { code, message: expect.stringMatching(/\w+\.$/) as string } });

let made = 0;
const newId = () => `evt_webhook_${(made += 1)}`;
const anEvent = (overrides: object = {}) => ({
  id: newId(),
  object: 'event',
  type: 'plan.created',
  created: 1_790_000_000,
  data: { object: {} },
  ...overrides,
});
const rowOf = async (id: string) => (await service.db.sql('select * from event where id = $1', [id]))[0];
const bodyOf = async (id: string) =>
  (await service.db.sql<{ body: Buffer }>('select body from event_body where event_id = $1', [id]))[0]?.body;
const countOf = async () =>
  (await service.db.sql<{ count: string }>(`select count(*) from event where source = 'STRIPE'`))[0]?.count;

async function expectRefused(answer: Promise<Answer>, status: number, code: string): Promise<void> {
  const before = await countOf();
  const { status: actual, json } = await answer;
  expect({ status: actual, json }).toEqual({ status, json: refusal(code) });
  expect(await countOf(), 'events stored').toBe(before);
}

describe('a signed event', () => {
  test('is stored with its bytes before it is answered', async () => {
    const event = aStripeEvent('invoice.paid', anInvoice({ id: 'in_1', customer: 'cus_1', subscription: 'sub_1' }), {
      id: newId(),
    });
    const body = JSON.stringify(event, null, 2);
    const { status, json } = await service.post(body);
    expect({ status, json }).toEqual({ status: 200, json: STORED });
    expect(await rowOf(event.id)).toMatchObject({
      type: 'invoice.paid',
      source: 'STRIPE',
      account: null,
      stripe_customer_id: 'cus_1',
      stripe_subscription_id: 'sub_1',
      stripe_invoice_id: 'in_1',
    });
    expect((await bodyOf(event.id))?.toString()).toBe(body);
  });

  test('a second post of it is answered as a duplicate, and the first body stands', async () => {
    const event = anEvent();
    await service.post(event);
    const { status, json } = await service.post({ ...event, type: 'plan.deleted' });
    expect({ status, json }).toEqual({ status: 200, json: DUPLICATE });
    expect(await rowOf(event.id)).toMatchObject({ type: 'plan.created' });
    expect((await bodyOf(event.id))?.toString()).toBe(JSON.stringify(event));
  });
});

describe('a signature', () => {
  const post = (header: string | undefined, event: object = anEvent()) =>
    service.post(event, header === undefined ? {} : { 'stripe-signature': header });
  const signed = (event: object, spec: { secret?: string; timestamp?: number | string } = {}) =>
    signature(JSON.stringify(event), { secret: service.secret, ...spec });

  test.each([
    ['300 s ago', -300],
    ['300 s ahead', 300],
  ])('made %s is accepted', async (_, seconds) => {
    const event = anEvent();
    expect((await post(signed(event, { timestamp: NOW + seconds }), event)).status).toBe(200);
  });

  test('by the second of two secrets is accepted', async () => {
    const event = anEvent();
    expect((await post(signed(event, { secret: SECOND_SECRET }), event)).json).toEqual(STORED);
  });

  test('that is one of several v1 is accepted', async () => {
    const event = anEvent();
    const timestamp = NOW;
    const right = v1(JSON.stringify(event), { secret: service.secret, timestamp });
    expect((await post(`t=${timestamp},v1=${'0'.repeat(64)},v1=${right},v0=${'1'.repeat(64)}`, event)).json).toEqual(
      STORED,
    );
  });

  test('that is missing is refused', async () => {
    const response = fetch(`${service.url}/webhooks/stripe`, { method: 'POST', body: JSON.stringify(anEvent()) });
    await expectRefused(
      response.then(async (answer) => ({ status: answer.status, headers: answer.headers, json: await answer.json() })),
      400,
      'SIGNATURE_MISSING',
    );
  });

  test.each<[code: string, what: string, headerOf: (event: object) => string]>([
    ['SIGNATURE_INVALID', 'that is malformed', () => 'nonsense'],
    ['SIGNATURE_INVALID', 'of another secret', (event) => signed(event, { secret: 'whsec_other' })],
    ['SIGNATURE_INVALID', 'of v0 only', (event) => signed(event).replace('v1=', 'v0=')],
    ['SIGNATURE_INVALID', 'with t=NaN', (event) => signed(event, { timestamp: 'NaN' })],
    ['SIGNATURE_INVALID', 'of bytes of which one was changed', (event) => signed({ ...event, created: 1_790_000_001 })],
    [
      'SIGNATURE_INVALID',
      'of JSON that was written anew',
      (event) => signature(JSON.stringify(event, null, 2), { secret: service.secret }),
    ],
    ['SIGNATURE_EXPIRED', 'made 301 s ago', (event) => signed(event, { timestamp: NOW - 301 })],
    ['SIGNATURE_EXPIRED', 'made 301 s ahead', (event) => signed(event, { timestamp: NOW + 301 })],
  ])('%s: one %s is refused', async (code, _, headerOf) => {
    const event = anEvent();
    await expectRefused(post(headerOf(event), event), 400, code);
  });
});

describe('a signed body', () => {
  const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
  const json = (overrides: object) => Buffer.from(JSON.stringify(anEvent(overrides)));

  test.each([
    ['that is empty', Buffer.alloc(0)],
    ['that is no JSON', Buffer.from('hello')],
    ['that is cut off', json({}).subarray(0, -1)],
    [
      'that is no UTF-8',
      Buffer.concat([json({}).subarray(0, -1), Buffer.from(',"x":"'), Buffer.from([0xff, 0x22, 0x7d])]),
    ],
    ['with a byte order mark', Buffer.concat([BOM, json({})])],
    ['that is null', Buffer.from('null')],
    ['that is a text', Buffer.from('"evt_1"')],
    ['that is a list', Buffer.from('[{"id":"evt_1","type":"plan.created"}]')],
    ['without an id', json({ id: undefined })],
    ['with a number for an id', json({ id: 7 })],
    ['with an empty id', json({ id: '' })],
    ['with an id of 256 characters', json({ id: 'x'.repeat(256) })],
    ['with NUL in its id', json({ id: 'evt_\0' })],
    ['with half a surrogate pair in its id', Buffer.from('{"id":"evt_\\ud800","type":"plan.created"}')],
    ['without a type', json({ type: undefined })],
    ['with a list for a type', json({ type: ['plan.created'] })],
    ['with NUL in its type', json({ type: 'plan\0created' })],
    ['with a type of 256 characters', json({ type: 'x'.repeat(256) })],
    ['of brackets without end', Buffer.from('['.repeat(500_000))],
  ])('%s is no event', async (_, body) => {
    await expectRefused(service.post(body), 400, 'PAYLOAD_INVALID');
  });

  test('with an id and a type of 255 characters each is an event, whatever the characters', async () => {
    const event = anEvent({ id: '🦉'.repeat(255), type: 'x'.repeat(255) });
    expect((await service.post(event)).json).toEqual(STORED);
    expect(await rowOf(event.id)).toMatchObject({ type: event.type });
  });

  test('with NUL inside is stored as it is, and its columns with NUL are null', async () => {
    const event = anEvent({
      type: 'invoice.updated',
      api_version: '2026\0',
      data: { object: { object: 'invoice', id: 'in_\0', customer: 'cus_nul', note: '\0' } },
    });
    expect((await service.post(event)).json).toEqual(STORED);
    expect(await rowOf(event.id)).toMatchObject({
      api_version: null,
      stripe_invoice_id: null,
      stripe_customer_id: 'cus_nul',
    });
    expect((await bodyOf(event.id))?.toString()).toBe(JSON.stringify(event));
  });

  test('of columns that no column can hold is stored, and they are null', async () => {
    const event = anEvent({
      api_version: 7,
      livemode: 'yes',
      created: -1,
      data: { object: { customer: 'c'.repeat(5_000), subscription: ['sub_1'], invoice: {} } },
    });
    expect((await service.post(event)).json).toEqual(STORED);
    expect(await rowOf(event.id)).toMatchObject({
      api_version: null,
      livemode: null,
      stripe_customer_id: null,
      stripe_subscription_id: null,
      stripe_invoice_id: null,
    });
    const [row] = await service.db.sql<{ same: boolean }>(
      'select occurred_at = received_at as same from event where id = $1',
      [event.id],
    );
    expect(row?.same, 'the time of receipt stands in for that of the event').toBe(true);
  });

  test.each([
    ['350 KB', 350_000],
    ['1 MiB to the byte', 2 ** 20],
  ])('of %s is accepted', async (_, length) => {
    const body = padded(length);
    expect(body).toHaveLength(length);
    expect((await service.post(body)).json).toEqual(STORED);
  });

  test.each([
    ['1 MiB and a byte', 2 ** 20 + 1],
    ['5 MiB', 5 * 2 ** 20],
  ])('of %s is refused', async (_, length) => {
    await expectRefused(service.post(padded(length)), 413, 'PAYLOAD_TOO_LARGE');
  });

  test('of 1 MiB and a byte in chunks of unknown length is refused', async () => {
    const body = padded(2 ** 20 + 1);
    await expectRefused(postInChunks(body), 413, 'PAYLOAD_TOO_LARGE');
  });

  test('in chunks is accepted', async () => {
    const body = padded(50_000);
    expect((await postInChunks(body)).json).toEqual(STORED);
  });

  test('that is compressed is taken as the bytes that it is', async () => {
    await expectRefused(
      service.post(gzipSync(JSON.stringify(anEvent())), { 'content-encoding': 'gzip' }),
      400,
      'PAYLOAD_INVALID',
    );
  });

  test('that only claims to be compressed is an event', async () => {
    expect((await service.post(anEvent(), { 'content-encoding': 'gzip' })).json).toEqual(STORED);
  });

  test('compressed after it was signed has another signature', async () => {
    const body = JSON.stringify(anEvent());
    const header = { 'stripe-signature': signature(body, { secret: service.secret }), 'content-encoding': 'gzip' };
    await expectRefused(service.post(gzipSync(body), header), 400, 'SIGNATURE_INVALID');
  });

  test.each([
    'application/json; charset=utf-16',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/octet-stream',
    ';;;',
    '*',
  ])('of the content type %s is accepted', async (type) => {
    expect((await service.post(anEvent(), { 'content-type': type })).json).toEqual(STORED);
  });

  const padded = (length: number) => {
    const event = anEvent({ padding: '' });
    return Buffer.from(
      JSON.stringify({
        ...event,
        padding: randomBytes(length)
          .toString('hex')
          .slice(0, length - JSON.stringify(event).length),
      }),
    );
  };
  const postInChunks = async (body: Buffer): Promise<Answer> => {
    const chunks = new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 10_000)
          controller.enqueue(new Uint8Array(body.subarray(at, at + 10_000)));
        controller.close();
      },
    });
    const headers = { 'stripe-signature': signature(body, { secret: service.secret }) };
    const response = await fetch(`${service.url}/webhooks/stripe`, {
      method: 'POST',
      body: chunks,
      headers,
      duplex: 'half',
    });
    return { status: response.status, headers: response.headers, json: await response.json() };
  };
});
