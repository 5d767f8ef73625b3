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
