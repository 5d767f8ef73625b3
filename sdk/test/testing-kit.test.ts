import { createHmac } from 'node:crypto';
import {
  type EventOf,
  GiveUp,
  type HandlerContext,
  HandlerMap,
  On,
  waitFor,
  WriteUnavailableError,
} from '@renewal-ledger/sdk';
import {
  addMonths,
  anInvoice,
  aStripeEvent,
  aSubscription,
  runHandlers,
  signed,
  TestClock,
} from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';

const paid = aStripeEvent('invoice.paid', anInvoice({ id: 'in_1' }));

class Receipts {
  @On('invoice.paid')
  async onPaid(event: EventOf<'invoice.paid'>, ctx: HandlerContext) {
    ctx.log.info('paid', { total: event.data.object.total });
    ctx.emit('acme.receipt_sent', event.id, { invoice: 'in_1' });
  }

  @On('invoice.voided')
  async onVoided() {
    return waitFor('invoice:in_1');
  }

  @On('invoice.*')
  async onAny(event: EventOf<'invoice.*'>) {
    if (event.type === 'invoice.deleted') throw new GiveUp('gone');
  }
}

describe('runHandlers', () => {
  it('records what each handler emitted, logged, waited for and failed on', async () => {
    const events = [paid, aStripeEvent('invoice.voided', anInvoice()), aStripeEvent('invoice.deleted', anInvoice())];
    const runs = await runHandlers(new HandlerMap().register(new Receipts()), events);
    expect(runs.map(({ handler, outcome }) => `${handler} ${outcome.kind}`)).toEqual([
      'Receipts.onPaid done',
      'Receipts.onAny done',
      'Receipts.onVoided waiting',
      'Receipts.onAny done',
      'Receipts.onAny gaveUp',
    ]);
    expect(runs[0]).toMatchObject({
      event: paid,
      deliveryKey: `${paid.id}:Receipts.onPaid`,
      emitted: [{ type: 'acme.receipt_sent', key: paid.id, payload: { invoice: 'in_1' } }],
      logged: [{ level: 'info', message: 'paid', fields: { total: 240_000 } }],
    });
    expect(runs[2]?.outcome).toEqual({ kind: 'waiting', waitFor: 'invoice:in_1' });
  });

  it('hands the given entity manager to ctx.write after the handler returned', async () => {
    const order: unknown[] = [];
    const map = new HandlerMap().on('invoice.paid', (_event, ctx) => {
      ctx.write(async (manager) => void order.push(manager));
      order.push('returned');
    });
    const [run] = await runHandlers(map, [paid], { entityManager: 'the manager' as never });
    expect([order, run?.outcome.kind]).toEqual([['returned', 'the manager'], 'done']);
  });

  it('records a write that waits or fails as the outcome, and drops what was emitted', async () => {
    const map = new HandlerMap()
      .on('invoice.paid', (_event, ctx) => ctx.write(async () => waitFor('renewal:1')), { name: 'waits' })
      .on(
        'invoice.paid',
        (_event, ctx) => (ctx.emit('acme.x', '1', {}), ctx.write(async () => Promise.reject(new Error('no')))),
        { name: 'fails' },
      );
    const runs = await runHandlers(map, [paid], { entityManager: {} as never });
    expect(runs.map(({ outcome, emitted }) => [outcome.kind, emitted])).toEqual([
      ['waiting', []],
      ['failed', []],
    ]);
  });

  it('lets ctx.write throw where no entity manager is given', async () => {
    const [run] = await runHandlers(
      new HandlerMap().on('invoice.paid', (_event, ctx) => ctx.write(async () => {})),
      [paid],
    );
    expect(run?.outcome).toMatchObject({ kind: 'failed', error: expect.any(WriteUnavailableError) });
  });
});

describe('the builders', () => {
  it('give a full invoice in the size of a real one', () => {
    for (const layout of ['basil', 'legacy'] as const) {
      const { body } = signed(aStripeEvent('invoice.paid', anInvoice({ layout })), 'whsec_test');
      expect(body.length).toBeGreaterThan(5_500);
      expect(body.length).toBeLessThan(7_500);
    }
  });

  it('give the same event for the same arguments, and another id for any other', () => {
    const event = (total: number) => aStripeEvent('invoice.paid', anInvoice({ total }));
    expect(event(5)).toEqual(event(5));
    expect(event(5).id).not.toBe(event(6).id);
  });

  it('take the API version from the layout, and the time from the object', () => {
    expect(paid).toMatchObject({ api_version: '2025-03-31.basil', created: anInvoiceTime() });
    expect(aStripeEvent('customer.subscription.updated', aSubscription({ layout: 'legacy' }))).toMatchObject({
      api_version: '2024-06-20',
    });
    expect(
      aStripeEvent('invoice.paid', anInvoice(), { apiVersion: null, account: 'acct_1', created: 7 }),
    ).toMatchObject({ api_version: null, account: 'acct_1', created: 7 });
  });

  it('sign as Stripe does, over the time and the bytes', () => {
    const { body, headers } = signed(paid, 'whsec_test', { at: 1_700_000_000 });
    const expected = createHmac('sha256', 'whsec_test').update(`1700000000.${body}`).digest('hex');
    expect(headers['stripe-signature']).toBe(`t=1700000000,v1=${expected}`);
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(paid)));
  });
});

const anInvoiceTime = () => (anInvoice()['status_transitions'] as { paid_at: number }).paid_at;

describe('the clock of a test', () => {
  it('goes on when it is told to, by days and by months as Stripe bills', () => {
    const clock = new TestClock('2026-01-31T10:00:00Z');
    expect(new Date(clock.advance({ months: 1 }) * 1000).toISOString()).toBe('2026-02-28T10:00:00.000Z');
    expect(clock.advance({ days: 1, seconds: 5 })).toBe(clock.now);
    expect(new Date(clock.now * 1000).toISOString()).toBe('2026-03-01T10:00:05.000Z');
  });

  it.each([
    ['2028-02-29T00:00:00Z', 12, '2029-02-28T00:00:00.000Z'],
    ['2025-12-31T23:59:59Z', 2, '2026-02-28T23:59:59.000Z'],
    ['2026-03-31T00:00:00+02:00', -1, '2026-02-28T22:00:00.000Z'],
  ])('%s and %i months are %s', (from, months, to) => {
    expect(new Date(addMonths(from, months) * 1000).toISOString()).toBe(to);
  });

  it('refuses what is no time', () => {
    expect(() => new TestClock('tomorrow')).toThrow(RangeError);
  });
});
