import { randomUUID } from 'node:crypto';
import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { type AnyEvent, GiveUp, RetryLater, waitFor } from '@renewal-ledger/sdk';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { listen, type SiblingOptions, startSibling } from '../support/sibling.js';

let service: TestService;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  service = await startService({ allowPrivateEndpoints: true });
});
afterAll(() => service.stop());
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const ENDPOINT = 'endpoint { id name url eventTypes enabled createdAt } secret';
let names = 0;

async function ask(query: string, variables: Record<string, unknown>) {
  const { json } = await service.graphql(query, variables);
  expect(json.errors).toBeUndefined();
  return json.data;
}

/** Registered for payments that nothing else is told of, and taken up by the workers. Removed after the test. */
async function register(url: string, type = 'charge.succeeded'): Promise<{ id: string; name: string; secret: string }> {
  names += 1;
  const name = `sibling-${names}`;
  const { made } = await ask(
    `mutation ($input: RegisterHandlerEndpointInput!) { made: registerHandlerEndpoint(input: $input) { ${ENDPOINT} } }`,
    { input: { name, url, eventTypes: [type] } },
  );
  const { id } = made.endpoint;
  closers.push(() => service.graphql('mutation ($id: ID!) { removeHandlerEndpoint(id: $id) }', { id }));
  await eventually(() => expect(isWorkedOn(name)).toBe(true));
  return { id, name, secret: made.secret };
}

const isWorkedOn = (name: string) => service.dispatcher?.handlers().includes(`endpoint:${name}`);

async function startRegistered(handle?: SiblingOptions['handle']) {
  const secrets: string[] = [];
  const sibling = await startSibling({ secrets: () => secrets, ...(handle && { handle }) });
  closers.push(sibling.close);
  const endpoint = await register(sibling.url);
  secrets.push(endpoint.secret);
  return { ...endpoint, sibling, secrets, handler: `endpoint:${endpoint.name}` };
}

async function post(): Promise<AnyEvent> {
  const event = aStripeEvent(
    'charge.succeeded',
    { id: 'ch_1', object: 'charge' },
    {
      id: `evt_${randomUUID()}`,
    },
  );
  expect(await service.post(event)).toMatchObject({ status: 200 });
  return event;
}

async function deliveryOf(eventId: string, handler: string) {
  const { event } = await ask(
    'query ($id: ID!) { event(id: $id) { state deliveries { handler state tries waitingFor lastError nextTryAt } } }',
    { id: eventId },
  );
  return event.deliveries.find((delivery: { handler: string }) => delivery.handler === handler);
}

const expectSoon = (eventId: string, handler: string, expected: object) =>
  eventually(async () => expect(await deliveryOf(eventId, handler)).toMatchObject(expected));

describe('a sibling service that is registered', () => {
  it('takes the event as it was posted, signed, with its try and its key', async () => {
    const { sibling, handler } = await startRegistered();
    const event = await post();
    await expectSoon(event.id, handler, { state: 'DONE', tries: 1, lastError: null });
    expect(sibling.taken).toEqual([{ event, key: `${event.id}:${handler}:Sibling.take`, tries: 1 }]);
    expect(sibling.requests[0]).toMatchObject({ 'webhook-id': `${event.id}:${handler}`, 'ledger-try': '1' });
  });

  it('is not sent what it did not ask for', async () => {
    const { sibling, handler } = await startRegistered();
    const other = aStripeEvent('invoice.paid', anInvoice());
    await service.post(other);
    const event = await post();
    await expectSoon(event.id, handler, { state: 'DONE' });
    expect(sibling.taken.map(({ event: { id } }) => id)).toEqual([event.id]);
  });

  it('is tried again when it fails, by the same key', async () => {
    const { sibling, handler } = await startRegistered((_event, tries) => {
      if (tries === 1) throw new Error('the printer is on fire');
    });
    const event = await post();
    await expectSoon(event.id, handler, { state: 'DONE', tries: 2 });
    expect(new Set(sibling.taken.map(({ key }) => key)).size).toBe(1);
    expect(sibling.taken.map(({ tries }) => tries)).toEqual([1, 2]);
  });

  it.each([
    [
      'asks for another time',
      () => {
        throw new RetryLater(600, 'closed until ten');
      },
      { state: 'RETRYING', tries: 1, lastError: expect.stringContaining('closed until ten') },
    ],
    [
      'gives up',
      () => {
        throw new GiveUp('no such customer');
      },
      { state: 'DEAD', tries: 1, lastError: expect.stringContaining('no such customer') },
    ],
    ['waits', () => waitFor('renewal:999999'), { state: 'WAITING', waitingFor: 'renewal:999999' }],
  ])('%s, and the ledger knows', async (_what, handle, expected) => {
    const { handler } = await startRegistered(handle);
    const event = await post();
    await expectSoon(event.id, handler, expected);
  });

  it('chooses when it is tried again', async () => {
    const { handler } = await startRegistered(() => {
      throw new RetryLater(600);
    });
    const event = await post();
    await expectSoon(event.id, handler, { state: 'RETRYING' });
    const { nextTryAt } = await deliveryOf(event.id, handler);
    expect(Date.parse(nextTryAt) - Date.now()).toBeGreaterThan(500_000);
  });

  it('is sent a dead delivery again by a replay', async () => {
    let isOpen = false;
    const { handler } = await startRegistered(() => {
      if (!isOpen) throw new GiveUp('not yet');
    });
    const event = await post();
    await expectSoon(event.id, handler, { state: 'DEAD' });
    isOpen = true;
    await ask('mutation ($input: ReplayEventsInput!) { replayEvents(input: $input) { replayed } }', {
      input: { ids: [event.id] },
    });
    await expectSoon(event.id, handler, { state: 'DONE' });
  });

  it('raises the events that its handlers emit', async () => {
    const { url, close } = await listen((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ emitted: [{ type: 'receipt.printed', key: 'r1', payload: { pages: 2 } }] }));
    });
    closers.push(close);
    const { name } = await register(url);
    const event = await post();
    await expectSoon(event.id, `endpoint:${name}`, { state: 'DONE' });
    const { raised } = await ask('query ($id: ID!) { raised: event(id: $id) { type source } }', {
      id: 'receipt.printed:r1',
    });
    expect(raised).toEqual({ type: 'receipt.printed', source: 'LEDGER' });
  });
});

describe('the secret of an endpoint', () => {
  it('signs as Standard Webhooks do', async () => {
    const seen: { headers: Record<string, string>; body: string }[] = [];
    const { url, close } = await listen((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        seen.push({ headers: request.headers as Record<string, string>, body });
        response.writeHead(204).end();
      });
    });
    closers.push(close);
    const { name, secret } = await register(url);
    const event = await post();
    await expectSoon(event.id, `endpoint:${name}`, { state: 'DONE' });
    expect(new Webhook(secret).verify(seen[0]!.body, seen[0]!.headers)).toEqual(event);
    expect(seen).toHaveLength(1);
  });

  it('can be rotated: for a day both sign, so that no receiver refuses a delivery on the way', async () => {
    const { id, handler, secrets, secret } = await startRegistered();
    const { made } = await ask('mutation ($id: ID!) { made: rotateHandlerEndpointSecret(id: $id) { secret } }', { id });
    expect(made.secret).toMatch(/^whsec_/);
    expect(made.secret).not.toBe(secret);
    const before = await post();
    await expectSoon(before.id, handler, { state: 'DONE', tries: 1 });
    secrets.splice(0, 1, made.secret);
    const after = await post();
    await expectSoon(after.id, handler, { state: 'DONE', tries: 1 });
  });

  it('ends a day after it was rotated', async () => {
    const { id, handler, secret } = await startRegistered();
    await ask('mutation ($id: ID!) { rotateHandlerEndpointSecret(id: $id) { secret } }', { id });
    const [row] = await service.db.sql<{ hours: number }>(
      `select extract(epoch from previous_secret_until - now())::float8 / 3600 as hours from handler_endpoint where id = $1`,
      [id],
    );
    expect(row?.hours).toBeCloseTo(24, 1);
    await service.db.sql(`update handler_endpoint set previous_secret_until = now() where id = $1`, [id]);
    const event = await post();
    await expectSoon(event.id, handler, { state: 'RETRYING', lastError: expect.stringContaining('401') });
    expect((await deliveryOf(event.id, handler)).lastError).not.toContain(secret);
  });
});

describe('an endpoint comes and goes while workers run', () => {
  it('gets no deliveries while it is disabled, and those that it had go on when it is enabled', async () => {
    const { id, name, handler, sibling } = await startRegistered((_event, tries) => {
      if (tries === 1) throw new RetryLater(3);
    });
    const pending = await post();
    await expectSoon(pending.id, handler, { state: 'RETRYING' });
    const set = (enabled: boolean) =>
      ask('mutation ($input: UpdateHandlerEndpointInput!) { updateHandlerEndpoint(input: $input) { enabled } }', {
        input: { id, enabled },
      });
    await set(false);
    await eventually(() => expect(isWorkedOn(name)).toBe(false));
    const missed = await post();
    await service.dispatcher?.idle();
    expect(await deliveryOf(missed.id, handler)).toBeUndefined();
    await set(true);
    await expectSoon(pending.id, handler, { state: 'DONE', tries: 2 });
    expect(sibling.taken.map(({ event }) => event.id)).toEqual([pending.id, pending.id]);
  });

  it('is sent nothing any more once it is removed', async () => {
    const { id, name, handler } = await startRegistered();
    await ask('mutation ($id: ID!) { removeHandlerEndpoint(id: $id) }', { id });
    await eventually(() => expect(isWorkedOn(name)).toBe(false));
    const event = await post();
    await service.dispatcher?.idle();
    expect(await deliveryOf(event.id, handler)).toBeUndefined();
    expect((await service.graphql('{ handlerEndpoints { id } }')).json.data.handlerEndpoints).not.toContainEqual({
      id,
    });
  });
});

describe('an endpoint that misbehaves', () => {
  it.each([
    ['redirects', 307, { location: 'http://127.0.0.1:1/' }, '', /redirects are not followed/],
    [
      'answers by more than a megabyte',
      200,
      { 'content-type': 'application/json' },
      `"${'x'.repeat(1_100_000)}"`,
      /more than/,
    ],
    ['answers by an error page', 500, { 'content-type': 'text/html' }, 'oops', /answered 500/],
  ])('is tried again when it %s', async (_what, status, headers, body, reason) => {
    let requests = 0;
    const { url, close } = await listen((_request, response) => {
      requests += 1;
      response.writeHead(status, headers).end(body);
    });
    closers.push(close);
    const { name } = await register(url);
    const event = await post();
    await expectSoon(event.id, `endpoint:${name}`, { state: 'RETRYING', lastError: expect.stringMatching(reason) });
    expect(requests).toBeGreaterThan(0);
  });

  it('delays no other endpoint by never answering', async () => {
    const { url, close } = await listen(() => undefined);
    closers.push(close);
    const hanging = await register(url);
    const { handler } = await startRegistered();
    const events = await Promise.all(Array.from({ length: 12 }, post));
    for (const { id } of events) await expectSoon(id, handler, { state: 'DONE' });
    expect(await deliveryOf(events[0]!.id, `endpoint:${hanging.name}`)).toMatchObject({ state: 'PENDING' });
  });
});
