import { GiveUp, RetryLater, waitFor } from '@renewal-ledger/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEndpointClient, type EndpointClient } from '../../src/events/endpoints/endpoint-client.js';
import { outcomeOf } from '../../src/events/endpoints/endpoint-outcome.js';
import { listen } from '../support/sibling.js';

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const NOW = new Date('2026-11-28T12:00:00Z');
const JSON_TYPE = { 'content-type': 'application/json' };
const PAGE = { 'content-type': 'text/html' };
const WAIT = JSON.stringify({ waitFor: 'renewal:42' });

let client: EndpointClient;
let next: Answer;
let server: Awaited<ReturnType<typeof listen>>;

beforeAll(async () => {
  client = createEndpointClient({ allowPrivate: true });
  server = await listen((_request, response) => {
    response.writeHead(next.status, next.headers).end(next.body);
  });
});
afterAll(async () => {
  await client.close();
  await server.close();
});

/** What a server's answer means for the delivery, with what it raises. */
async function meaningOf(answer: Answer) {
  next = answer;
  const post = { url: server.url, headers: {}, body: '{}', signal: AbortSignal.timeout(10_000) };
  const emitted: unknown[] = [];
  const emit = (...event: unknown[]) => void emitted.push(event);
  return { outcome: outcomeOf(await client.post(post), { emit }, NOW), emitted };
}

const pauseOf = (answer: Answer) =>
  meaningOf(answer).then(
    () => 'done',
    (error: unknown) => (error instanceof RetryLater ? error.secondsFrom(NOW.getTime()) : 'by the rule'),
  );

describe('an endpoint is done', () => {
  it.each<[string, Answer]>([
    ['200 without a body', { status: 200 }],
    ['204', { status: 204 }],
    ['a 202 that names no key', { status: 202, headers: JSON_TYPE, body: '{}' }],
    ['a 200 that names one', { status: 200, headers: JSON_TYPE, body: WAIT }],
    ['a page', { status: 200, headers: PAGE, body: '<p>Thanks!</p>' }],
    ['a page that is longer than an answer may be', { status: 200, headers: PAGE, body: 'x'.repeat(3_000_000) }],
  ])('by %s', async (_what, answer) => {
    expect(await meaningOf(answer)).toEqual({ outcome: undefined, emitted: [] });
  });

  it('and raises what it emitted', async () => {
    const body = JSON.stringify({ emitted: [{ type: 'receipt.printed', key: 'r1', payload: { pages: 2 } }] });
    const { emitted } = await meaningOf({ status: 200, headers: JSON_TYPE, body });
    expect(emitted).toEqual([['receipt.printed', 'r1', { pages: 2 }]]);
  });
});

describe('an endpoint waits, by a 202 with a key', () => {
  it.each<[string, Record<string, string>, string?]>([
    ['of JSON', JSON_TYPE],
    ['of no type, as of a plain server', {}],
    ['of the type that a framework gives to text', PAGE],
    ['behind a byte order mark', JSON_TYPE, `\uFEFF${WAIT}`],
  ])('%s', async (_what, headers, body = WAIT) => {
    expect(await meaningOf({ status: 202, headers, body })).toMatchObject({ outcome: waitFor('renewal:42') });
  });

  it.each(['{"waitFor":"charge:1"}', '{"waitFor":42}', '{"waitFor":{}}'])(
    'and fails by one that nobody will ever signal: %s',
    async (body) => {
      const answer = { status: 202, headers: JSON_TYPE, body };
      await expect(meaningOf(answer)).rejects.toMatchObject({ code: 'INVALID_WAIT_KEY' });
    },
  );
});

describe('an endpoint that is not done is tried again', () => {
  it.each<[string, number, string, number | string]>([
    ['after as many seconds as it says', 503, '90', 90],
    ['also under a limit of rate', 429, '90', 90],
    ['after fractions of a second', 503, '1.5', 1.5],
    ['at the time that it says', 503, 'Sat, 28 Nov 2026 12:05:00 GMT', 300],
    ['at once when that has passed', 503, 'Sat, 28 Nov 2026 11:00:00 GMT', 0],
    ['days later', 429, '172800', 172_800],
    ['within thirty days, whatever it says', 503, '999999999', 30 * 86_400],
    ['by the rule when it says nothing that is a time', 503, '-5', 'by the rule'],
    ['by the rule when it says that beside another failure', 500, '90', 'by the rule'],
  ])('%s', async (_what, status, header, expected) => {
    expect(await pauseOf({ status, headers: { 'retry-after': header } })).toBe(expected);
  });

  it.each([301, 307, 400, 404, 429, 500, 503])('by the rule: %i', async (status) => {
    expect(await pauseOf({ status, headers: { location: 'http://127.0.0.1:1/' } })).toBe('by the rule');
  });

  it('unless it gives up', async () => {
    const answer = { status: 422, headers: JSON_TYPE, body: '{"error":{"message":"no such customer"}}' };
    await expect(meaningOf(answer)).rejects.toThrow(GiveUp);
    await expect(meaningOf(answer)).rejects.toThrow('no such customer');
  });
});
