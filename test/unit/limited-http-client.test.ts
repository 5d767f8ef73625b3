import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createStripe } from '../../src/stripe/client.js';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** When each request came, and how the next ones are answered; afterwards all is well. */
let requests: number[] = [];
let answers: Answer[] = [];
const server = createServer((_request, response) => {
  requests.push(performance.now());
  const { status, headers } = answers.shift() ?? { status: 200, headers: {} };
  const body = status === 200 ? { object: 'list', data: [] } : { error: { type: 'api_error', message: 'No.' } };
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
});
let apiBase = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
  answers = [];
});

const client = () => createStripe({ apiKey: 'sk_test_of_the_tests', apiBase });
const ask = (stripe = client()) => stripe.rawRequest('GET', '/v1/events');

it('everybody who asks Stripe shares 25 requests a second', async () => {
  const stripe = client();
  await Promise.all([...Array.from({ length: 10 }, () => ask(stripe)), stripe.invoices.list(), stripe.events.list()]);
  expect(requests).toHaveLength(12);
  expect((requests.at(-1) ?? 0) - (requests[0] ?? 0)).toBeGreaterThan(11 * 40 - 20);
});

it('a request that is over the limit is sent again when the time is over that Stripe asks for', async () => {
  answers = [{ status: 429, headers: { 'retry-after': '1' } }];
  await ask();
  expect(requests).toHaveLength(2);
  expect((requests[1] ?? 0) - (requests[0] ?? 0)).toBeGreaterThan(980);
});

it('a limit that names no time is met with pauses that grow', async () => {
  answers = [{ status: 429 }, { status: 429 }];
  await ask();
  const [first = 0, second = 0, third = 0] = requests;
  expect(second - first).toBeGreaterThan(240);
  expect(third - second).toBeGreaterThan(490);
});

it('an answer over the limit that says otherwise is still waited for, and refusals are not sent again', async () => {
  answers = [{ status: 429, headers: { 'stripe-should-retry': 'false', 'retry-after': '0' } }];
  await ask();
  expect(requests).toHaveLength(2);
  answers = [{ status: 401 }];
  await expect(ask()).rejects.toMatchObject({ statusCode: 401 });
  expect(requests).toHaveLength(3);
});
