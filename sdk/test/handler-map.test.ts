import { type EventOf, type HandlerContext, HandlerMap, HandlerMapError, On, waitFor } from '@renewal-ledger/sdk';
import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';

const nothing = async () => {};

class Billing {
  readonly seen: string[] = [];

  @On('invoice.paid', { tries: 3 })
  async onPaid(event: EventOf<'invoice.paid'>, _ctx: HandlerContext): Promise<void> {
    this.seen.push(event.id);
  }

  @On('invoice.voided')
  @On('invoice.marked_uncollectible')
  onLost(_event: EventOf<'invoice.voided' | 'invoice.marked_uncollectible'>) {
    return waitFor('renewal:1');
  }
}

const names = (map: HandlerMap, type: string) => map.handlersFor(type).map((handler) => handler.name);

function codeOf(build: () => unknown): string | undefined {
  try {
    build();
  } catch (error) {
    if (error instanceof HandlerMapError) return error.code;
    throw error;
  }
  return undefined;
}

describe('a handler map', () => {
  it('names handlers by class and method, and keeps their options', () => {
    const [onPaid] = new HandlerMap().register(new Billing()).handlersFor('invoice.paid');
    expect(onPaid).toMatchObject({ name: 'Billing.onPaid', pattern: 'invoice.paid', options: { tries: 3 } });
  });

  it('runs the method on its instance and hands back what it answers', async () => {
    const billing = new Billing();
    const map = new HandlerMap().register(billing);
    const event = aStripeEvent('invoice.paid', anInvoice());
    await map.handlersFor('invoice.paid')[0]!.run(event, {} as HandlerContext);
    expect(billing.seen).toEqual([event.id]);
    expect(await map.handlersFor('invoice.voided')[0]!.run(event, {} as HandlerContext)).toEqual({
      waitFor: 'renewal:1',
    });
  });

  it('lets one method take several types under one name', () => {
    const map = new HandlerMap().register(new Billing());
    expect(map.handlers().map(({ name, pattern }) => `${name} ${pattern}`)).toContain(
      'Billing.onLost invoice.marked_uncollectible',
    );
    expect(names(map, 'invoice.voided')).toEqual(['Billing.onLost']);
  });

  it('takes plain functions, named by the option, else by themselves, else by their pattern', () => {
    const map = new HandlerMap()
      .on('invoice.paid', async () => {}, { name: 'receipts' })
      .on('invoice.paid', nothing)
      .on('invoice.paid', async () => {});
    expect(names(map, 'invoice.paid')).toEqual(['receipts', 'nothing', 'invoice.paid']);
  });

  it('covers a family of types by a prefix, and everything by a star', () => {
    const map = new HandlerMap()
      .on('customer.subscription.*', nothing, { name: 'family' })
      .on('*', nothing, { name: 'all' });
    expect(names(map, 'customer.subscription.updated')).toEqual(['family', 'all']);
    expect(names(map, 'customer.subscriptions')).toEqual(['all']);
    expect(names(map, 'a.type.of.tomorrow')).toEqual(['all']);
  });

  it('runs a handler once for an event that several of its patterns cover, by the longest', () => {
    const map = new HandlerMap()
      .on('*', nothing)
      .on('invoice.*', nothing, { tries: 2 })
      .on('invoice.paid', nothing, { tries: 1 });
    expect(map.handlersFor('invoice.paid')).toMatchObject([
      { name: 'nothing', pattern: 'invoice.paid', options: { tries: 1 } },
    ]);
    expect(map.handlersFor('invoice.voided')).toMatchObject([{ pattern: 'invoice.*' }]);
  });

  it('lets a derived class override a handler, with or without a mark of its own', () => {
    class Loud extends Billing {
      override async onPaid(event: EventOf<'invoice.paid'>): Promise<void> {
        this.seen.push(`loud ${event.id}`);
      }
    }
    class Patient extends Billing {
      @On('invoice.paid', { tries: 99 })
      override async onPaid(): Promise<void> {}
    }
    expect(names(new HandlerMap().register(new Loud()), 'invoice.paid')).toEqual(['Loud.onPaid']);
    expect(new HandlerMap().register(new Patient()).handlersFor('invoice.paid')).toMatchObject([
      { options: { tries: 99 } },
    ]);
    expect(new HandlerMap().register(new Billing()).handlersFor('invoice.paid')).toMatchObject([
      { options: { tries: 3 } },
    ]);
  });
});

describe('a handler map refuses', () => {
  it.each<[string, string, () => unknown]>([
    [
      'a second handler of one name',
      'DUPLICATE_HANDLER',
      () => new HandlerMap().register(new Billing()).register(new Billing()),
    ],
    [
      'a function of a name that is taken',
      'DUPLICATE_HANDLER',
      () => new HandlerMap().on('invoice.paid', nothing).on('invoice.sent', async () => {}, { name: 'nothing' }),
    ],
    [
      'one function twice for one type',
      'DUPLICATE_HANDLER',
      () => new HandlerMap().on('invoice.paid', nothing).on('invoice.paid', nothing),
    ],
    ['a class without handlers', 'NO_HANDLERS', () => new HandlerMap().register(new Map())],
    ['a class in place of an instance', 'NO_HANDLERS', () => new HandlerMap().register(Billing)],
    ['tries below one', 'INVALID_OPTION', () => new HandlerMap().on('invoice.paid', nothing, { tries: 0 })],
    ['a concurrency that is no whole number', 'INVALID_OPTION', () => On('invoice.paid', { concurrency: 1.5 })],
    ['a timeout of no time', 'INVALID_OPTION', () => On('invoice.paid', { timeoutSeconds: 0 })],
    [
      'a backoff that never starts',
      'INVALID_OPTION',
      () => On('invoice.paid', { backoff: { firstSeconds: Number.NaN } }),
    ],
  ])('%s', (_name, code, build) => {
    expect(codeOf(build)).toBe(code);
  });

  it('a handler that comes after the first event', () => {
    const map = new HandlerMap().on('invoice.paid', nothing);
    map.handlersFor('charge.refunded');
    expect(() => map.on('invoice.sent', async () => {}, { name: 'late' })).toThrow(/late comes too late/);
    expect(codeOf(() => map.register(new Billing()))).toBe('REGISTRATION_CLOSED');
  });

  it('with a sentence that says how to mend it', () => {
    expect(() => new HandlerMap().register(Billing)).toThrow(
      'Billing has no handlers; pass an instance: register(new Billing()).',
    );
  });

  it('a class without a name, which can be given one', () => {
    class Anonymous extends Billing {}
    Object.defineProperty(Anonymous, 'name', { value: '' });
    expect(codeOf(() => new HandlerMap().register(new Anonymous()))).toBe('NAME_MISSING');
    expect(names(new HandlerMap().register(new Anonymous(), { name: 'Given' }), 'invoice.paid')).toEqual([
      'Given.onPaid',
    ]);
  });
});

describe('the event types of a handler map', () => {
  it('are sorted, once each, with prefixes written out', () => {
    const map = new HandlerMap().on('renewal.paid', nothing).on('invoice.paid', nothing).on('quote.*', nothing);
    expect(map.eventTypes()).toEqual([
      'invoice.paid',
      'quote.accepted',
      'quote.canceled',
      'quote.created',
      'quote.finalized',
      'renewal.paid',
    ]);
  });

  it('leave out those of the ledger for the settings of the Stripe endpoint', () => {
    const map = new HandlerMap().on('renewal.*', nothing).on('invoice.paid', nothing);
    expect(map.stripeEventTypes()).toEqual(['invoice.paid']);
  });

  it('are everything where a handler takes everything', () => {
    const map = new HandlerMap().on('*', nothing).on('invoice.paid', nothing);
    expect(map.eventTypes()).toEqual(['*']);
    expect(map.stripeEventTypes()).toEqual(['*']);
  });
});
