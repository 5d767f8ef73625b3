import {
  GiveUp,
  type Handler,
  HandlerMap,
  type HandlerOptions,
  InvalidSecretError,
  receive,
  type ReceiveOptions,
  RetryLater,
  waitFor,
} from '@renewal-ledger/sdk';
import { describe, expect, it } from 'vitest';
import { aDelivery, aRequest, type DeliverySpec, OTHER_SECRET, SECRET } from './support/delivery.js';

const silent = { info() {}, warn() {}, error() {} };
const receiver = (map: HandlerMap, options: Partial<ReceiveOptions> = {}) =>
  receive(map, { secret: SECRET, log: silent, ...options });

type PaidHandler = Handler<'invoice.paid'>;
const mapOf = (...handlers: [string, PaidHandler, HandlerOptions?][]) =>
  handlers.reduce(
    (map, [name, handler, options]) => map.on('invoice.paid', handler, { ...options, name }),
    new HandlerMap(),
  );

const answerTo = async (map: HandlerMap, spec: DeliverySpec = {}) => {
  const response = await receiver(map)(aRequest(spec));
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
};

const fails: PaidHandler = async () => {
  throw new Error('the printer is out of paper');
};
const gives: PaidHandler = async () => {
  throw new GiveUp('no such customer');
};
const later =
  (seconds: number): PaidHandler =>
  async () => {
    throw new RetryLater(seconds);
  };
const waits: PaidHandler = async () => waitFor('link:in_1');
const done: PaidHandler = async () => {};

describe('a receiver answers', () => {
  it('200 when every handler is done, with what they emitted', async () => {
    const map = mapOf(
      ['a', async (event, ctx) => ctx.emit('acme.receipt_sent', 'r1', { invoice: event.data.object.id ?? null })],
      ['b', done],
    );
    expect(await answerTo(map)).toMatchObject({
      status: 200,
      body: {
        done: ['a', 'b'],
        emitted: [{ type: 'acme.receipt_sent', key: 'r1', payload: { invoice: expect.stringMatching(/^in_/) } }],
      },
    });
  });

  it('200 when no handler takes the type', async () => {
    expect(await answerTo(new HandlerMap())).toMatchObject({ status: 200, body: { done: [] } });
  });

  it('202 with the key when a handler waits', async () => {
    expect(await answerTo(mapOf(['a', done], ['b', waits]))).toMatchObject({
      status: 202,
      body: { waitFor: 'link:in_1' },
    });
  });

  it('503 with Retry-After when a handler asks for a later try, for the longest that is asked', async () => {
    expect(await answerTo(mapOf(['a', later(1.2)], ['b', later(90)], ['c', fails]))).toMatchObject({
      status: 503,
      retryAfter: '90',
    });
  });

  it('422 when a handler gives up', async () => {
    expect(await answerTo(mapOf(['a', done], ['b', gives]))).toMatchObject({
      status: 422,
      body: { error: { code: 'GIVE_UP', message: 'b: no such customer' } },
    });
  });

  it('500 with the name and the message when a handler fails', async () => {
    const message = 'b: the printer is out of paper';
    expect(await answerTo(mapOf(['a', done], ['b', fails]))).toMatchObject({
      status: 500,
      body: { error: { code: 'HANDLER_FAILED', message } },
    });
  });

  it('that it failed before that it waits, and that it waits before that it gave up', async () => {
    expect(await answerTo(mapOf(['a', waits], ['b', fails], ['c', gives]))).toMatchObject({ status: 500 });
    expect(await answerTo(mapOf(['a', gives], ['b', waits]))).toMatchObject({ status: 202 });
  });

  it('422 when a handler failed on the last of its own tries', async () => {
    const map = mapOf(['a', fails, { tries: 3 }]);
    expect(await answerTo(map, { tries: 2 })).toMatchObject({ status: 500 });
    expect(await answerTo(map, { tries: 3 })).toMatchObject({ status: 422 });
  });

  it('with the backoff that a handler chose', async () => {
    const map = mapOf(['a', fails, { backoff: { firstSeconds: 10, maxSeconds: 60 } }]);
    expect(await answerTo(map, { tries: 2 })).toMatchObject({ status: 503, retryAfter: '20' });
    expect(await answerTo(map, { tries: 9 })).toMatchObject({ status: 503, retryAfter: '60' });
  });
});

describe('a handler behind a receiver', () => {
  it('is told the try, and a delivery key of its own that stays the same', async () => {
    const seen: string[] = [];
    const map = mapOf(['Receipts.onPaid', async (_event, ctx) => void seen.push(`${ctx.tries} ${ctx.deliveryKey}`)]);
    await answerTo(map, { key: 'evt_1:endpoint:x', tries: 1 });
    await answerTo(map, { key: 'evt_1:endpoint:x', tries: 4 });
    expect(seen).toEqual(['1 evt_1:endpoint:x:Receipts.onPaid', '4 evt_1:endpoint:x:Receipts.onPaid']);
  });

  it('is cut off after its time, and its neighbour is not', async () => {
    let aborted = false;
    const never: PaidHandler = (_event, ctx) =>
      new Promise(() => {
        ctx.signal.addEventListener('abort', () => (aborted = true));
      });
    const answer = await answerTo(mapOf(['slow', never, { timeoutSeconds: 0.05 }], ['quick', done]));
    expect(answer).toMatchObject({
      status: 500,
      body: { error: { message: 'slow: It took longer than its 0.05 s.' } },
    });
    expect(aborted).toBe(true);
  });

  it('runs on no more events at a time than it allows', async () => {
    let running = 0;
    let most = 0;
    const counted: PaidHandler = async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running -= 1;
    };
    const answer = receiver(mapOf(['counted', counted, { concurrency: 2 }]));
    const answers = await Promise.all(Array.from({ length: 9 }, () => answer(aRequest())));
    expect(answers.map((response) => response.status)).toEqual(Array(9).fill(200));
    expect(most).toBe(2);
  });

  it('that is still in line when the ledger hangs up does not run', async () => {
    const ran: string[] = [];
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const slow: PaidHandler = async (_event, ctx) => {
      ran.push(ctx.deliveryKey);
      begun.resolve();
      await ended.promise;
    };
    const answer = receiver(mapOf(['slow', slow, { concurrency: 1 }]));
    const first = answer(aRequest({ key: 'first' }));
    await begun.promise;
    const caller = new AbortController();
    const second = answer(new Request(aRequest({ key: 'second' }), { signal: caller.signal }));
    caller.abort();
    ended.resolve();
    expect([(await first).status, (await second).status]).toEqual([200, 500]);
    expect(ran).toEqual(['first:slow']);
  });

  it('cannot write to the database of the ledger, and is told so', async () => {
    const map = mapOf(['a', async (_event, ctx) => ctx.write(async () => {})]);
    expect(await answerTo(map)).toMatchObject({
      status: 500,
      body: { error: { message: expect.stringContaining('only inside the ledger service') } },
    });
  });

  it('emits nothing when it fails', async () => {
    const emitsAndFails: PaidHandler = async (_event, ctx) => {
      ctx.emit('acme.sent', '1', {});
      throw new Error('after all');
    };
    expect((await answerTo(mapOf(['a', emitsAndFails]))).body).not.toHaveProperty('emitted');
  });

  it.each<[string, string, string, unknown]>([
    ['no JSON', 'acme.sent', '1', { big: 1n }],
    ['no object', 'acme.sent', '1', 'text'],
    ['nothing', 'acme.sent', '1', undefined],
    ['without a key', 'acme.sent', '', {}],
    ["of Stripe's", 'invoice.paid', '1', {}],
    ['among those that facts are read from', 'invoice.receipt_sent', 'in_1', {}],
    ["of the ledger's", 'payment.received', 'in_1', {}],
  ])('emits no event that is %s', async (_what, type, key, payload) => {
    const map = mapOf(['a', async (_event, ctx) => ctx.emit(type, key, payload as Record<string, unknown>)]);
    expect(await answerTo(map)).toMatchObject({ status: 500, body: { error: { code: 'HANDLER_FAILED' } } });
  });
});

describe('a receiver refuses', () => {
  const ran: string[] = [];
  const map = mapOf(['a', async () => void ran.push('a')]);
  const minutesAway = (minutes: number) => new Date(Date.now() + minutes * 60_000);

  it.each<[string, number, () => Request]>([
    ['another secret', 401, () => aRequest({ secret: OTHER_SECRET })],
    [
      'a body that was changed',
      401,
      () => new Request('https://x.example', { method: 'POST', ...aDelivery(), body: `${aDelivery().body} ` }),
    ],
    ['no signature', 401, () => new Request('https://x.example', { method: 'POST', body: '{}' })],
    ['a signature of another delivery', 401, () => aRequest({ headers: { 'webhook-id': 'evt_2' } })],
    ['a signature of six minutes ago', 401, () => aRequest({ at: minutesAway(-6) })],
    ['a signature of six minutes ahead', 401, () => aRequest({ at: minutesAway(6) })],
    ['no time', 401, () => aRequest({ headers: { 'webhook-timestamp': 'NaN' } })],
    ['a signed body that is not JSON', 400, () => aRequest({ body: 'paid' })],
    ['a signed body that is no event', 400, () => aRequest({ body: '{"id":1,"type":"invoice.paid"}' })],
    [
      'bytes that are not UTF-8',
      400,
      () =>
        new Request('https://x.example', {
          method: 'POST',
          headers: aDelivery().headers,
          body: new Uint8Array([0xff, 0xfe]),
        }),
    ],
    [
      'a body beyond the bound',
      413,
      () => aRequest({ body: JSON.stringify({ id: 'evt_1', type: 'invoice.paid', filler: 'x'.repeat(5_000_000) }) }),
    ],
    ['another method', 405, () => new Request('https://x.example')],
  ])('%s', async (_name, status, request) => {
    const response = await receiver(map)(request());
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) },
    });
    expect(ran).toEqual([]);
  });

  it('secrets that are none, without repeating them', () => {
    for (const secret of ['', 'whsec_', 'whsec_not base64!', []])
      expect(() => receiver(map, { secret })).toThrow(InvalidSecretError);
    expect(() => receiver(map, { secret: 'whsec_not base64!' })).not.toThrow(/not base64/);
  });
});

describe('while a secret is rotated, a receiver', () => {
  it('takes what either of its secrets signed', async () => {
    const answer = receiver(mapOf(['a', done]), { secret: [OTHER_SECRET, SECRET] });
    expect((await answer(aRequest({ secret: SECRET }))).status).toBe(200);
    expect((await answer(aRequest({ secret: OTHER_SECRET }))).status).toBe(200);
  });

  it('takes a delivery that carries both signatures', async () => {
    const [old, fresh] = [aDelivery({ secret: OTHER_SECRET }), aDelivery({ secret: SECRET })];
    const both = `${old.headers['webhook-signature']} ${fresh.headers['webhook-signature']}`;
    const response = await receiver(mapOf(['a', done]))(aRequest({ headers: { 'webhook-signature': both } }));
    expect(response.status).toBe(200);
  });
});
