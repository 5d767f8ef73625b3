import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  type EventOf,
  type HandlerContext,
  HandlerMap,
  On,
  readInvoice,
  readSubscription,
  waitFor,
} from '@renewal-ledger/sdk';
import { assertConverges, type ConvergenceSubject, lifeOf } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';

const life = lifeOf('sub_1', { trial: 14, cycle: 'month', cycles: 3, failing: [2], layout: 'mixed' });
const byKey = (map: Map<string, unknown>) => [...map].toSorted(([a], [b]) => a.localeCompare(b));

describe('assertConverges passes', () => {
  it('handlers that write by key, keep the newest, and wait for what is not there yet', async () => {
    class Books {
      readonly paid = new Map<string, unknown>();
      readonly newest = new Map<string, { at: number; status: string | null }>();

      @On('customer.subscription.*')
      async onSubscription(event: EventOf<'customer.subscription.*'>) {
        const { id, status } = readSubscription(event.data.object);
        const known = this.newest.get(id!);
        if (!known || event.created > known.at) this.newest.set(id!, { at: event.created, status });
      }

      @On('invoice.paid')
      async onPaid(event: EventOf<'invoice.paid'>, ctx: HandlerContext) {
        const invoice = readInvoice(event.data.object);
        if (!this.newest.has(invoice.subscription!)) return waitFor(`subscription:${invoice.subscription}`);
        this.paid.set(invoice.id!, invoice.total);
        ctx.emit('acme.receipt_sent', invoice.id!, { total: invoice.total });
        return undefined;
      }
    }
    const build = (): ConvergenceSubject => {
      const books = new Books();
      return { map: new HandlerMap().register(books), state: () => [byKey(books.paid), byKey(books.newest)] };
    };
    await expect(assertConverges(build, life, { runs: 40 })).resolves.toBeUndefined();
  });

  it('a map without memory by what it emits, also in answer to what it emitted', async () => {
    const map = new HandlerMap()
      .on('invoice.paid', (event, ctx) =>
        ctx.emit('acme.paid', readInvoice(event.data.object).id!, { at: event.created }),
      )
      .on('*', (event, ctx) => void ((event.type as string) === 'acme.paid' && ctx.emit('acme.told', event.id, {})), {
        name: 'second',
      });
    await expect(assertConverges(map, life, { runs: 10 })).resolves.toBeUndefined();
  });
});

describe('assertConverges fails', () => {
  const lastWins = (): ConvergenceSubject => {
    let status: unknown;
    const map = new HandlerMap().on(
      'customer.subscription.*',
      (event) => void (status = readSubscription(event.data.object).status),
      { name: 'last' },
    );
    return { map, state: () => status };
  };
  const counts = (): ConvergenceSubject => {
    let count = 0;
    return { map: new HandlerMap().on('invoice.paid', () => void (count += 1), { name: 'count' }), state: () => count };
  };
  const needsOrder = (): ConvergenceSubject => {
    let born = false;
    const map = new HandlerMap()
      .on('customer.subscription.created', () => void (born = true), { name: 'birth' })
      .on(
        'invoice.paid',
        (event, ctx) => (born ? ctx.emit('acme.sent', readInvoice(event.data.object).id!, {}) : undefined),
        { name: 'send' },
      );
    return { map };
  };

  it.each([
    ['where the last event to arrive wins', lastWins],
    ['where a run that is repeated counts twice', counts],
    ['where what comes too early is dropped', needsOrder],
  ])('%s, and says by which order', async (_name, build) => {
    await expect(assertConverges(build, life)).rejects.toThrow(
      /Run \d+ of seed 1 ended otherwise than the orderly one, by this order:\n {2}\w/,
    );
  });

  it('the same way for the same seed', async () => {
    const messageOf = (seed: number) =>
      assertConverges(counts, life, { seed }).then(String, (error: Error) => error.message);
    expect(await messageOf(7)).toBe(await messageOf(7));
    expect(await messageOf(7)).not.toBe(await messageOf(8));
  });
});

/** A ledger by its outside whose one checkout intent, once it is created, is in another state after each webhook. */
async function startFickleLedger() {
  let posts = 0;
  let isIntentThere = false;
  const answerTo = (query: string) => {
    isIntentThere ||= query.includes('createCheckoutIntent(');
    return {
      createCheckoutIntent: { id: '1' },
      createRenewal: { id: '1' },
      events: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
      checkoutIntent: isIntentThere ? { state: `after ${posts}` } : null,
    };
  };
  const server = createServer((request, response) => {
    if (request.url !== '/graphql') posts += 1;
    void text(request).then((query) => response.end(JSON.stringify({ data: answerTo(query) })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

describe('assertConverges on a running ledger', () => {
  it.each([
    ['with renewals', life],
    ['without one', lifeOf('sub_1', { cycles: 0 })],
  ])('tells states apart, of a life %s', async (_what, played) => {
    const { url, close } = await startFickleLedger();
    try {
      const access = { webhookSecret: 'whsec_of_the_tests', apiKey: 'a key' };
      await expect(assertConverges(url, played, access)).rejects.toThrow(/Run 1 of seed 1 .*after \d/s);
    } finally {
      close();
    }
  });

  it('needs to be let in', async () => {
    await expect(assertConverges('http://127.0.0.1:1', life)).rejects.toThrow(TypeError);
  });
});
