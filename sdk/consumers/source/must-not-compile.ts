/* oxlint-disable */
import { HandlerMap, On } from '@renewal-ledger/sdk';
import type { EventOf, HandlerContext } from '@renewal-ledger/sdk';

// Each line that must not compile is expected not to; one that does is an unused expectation, and fails.

export class Bad {
  // @ts-expect-error the payload of another event
  @On('invoice.paid') async a(event: EventOf<'customer.created'>) {}
  // @ts-expect-error a misspelt name
  @On('invoice.payed') async b(event: EventOf<'invoice.paid'>) {}
  // @ts-expect-error a misspelt prefix
  @On('custmer.*') async c(event: EventOf<'*'>) {}
  // @ts-expect-error takes less than everything
  @On('*') async d(event: EventOf<'invoice.paid'>) {}
  // @ts-expect-error takes less than the prefix
  @On('customer.subscription.*') async e(event: EventOf<'customer.subscription.created'>) {}
  // @ts-expect-error another context
  @On('invoice.paid') async f(event: EventOf<'invoice.paid'>, ctx: { nope: string }) {}
  // @ts-expect-error a third parameter is never passed
  @On('invoice.paid') async g(event: EventOf<'invoice.paid'>, ctx: HandlerContext, more: number) {}
  // @ts-expect-error the payload of another event of the ledger
  @On('renewal.paid') async h(event: EventOf<'renewal.linked'>) {}
  // @ts-expect-error an unknown option
  @On('invoice.paid', { priorty: 1 }) async i(event: EventOf<'invoice.paid'>) {}
  // @ts-expect-error a handler returns nothing, or waitFor(…)
  @On('invoice.paid') async j(event: EventOf<'invoice.paid'>) {
    return 5;
  }
  // @ts-expect-error an answer that waitFor did not make
  @On('invoice.paid') async k(event: EventOf<'invoice.paid'>) {
    return { waitFor: 'invoice:in_1' };
  }
  // @ts-expect-error a misspelt type argument
  async l(event: EventOf<'invoice.payed'>) {}
}

export class BadPlaces {
  // @ts-expect-error static
  @On('invoice.paid') static async a(event: EventOf<'invoice.paid'>) {}
  // @ts-expect-error a field
  @On('invoice.paid') b = async (event: EventOf<'invoice.paid'>) => {};
  // @ts-expect-error a getter
  @On('invoice.paid') get c() {
    return 1;
  }
}

// @ts-expect-error a class
@On('invoice.paid')
export class BadClass {}

const map = new HandlerMap();
// @ts-expect-error a misspelt name
map.on('invoice.payed', () => {});
// @ts-expect-error the payload of another event
map.on('invoice.paid', (event: EventOf<'customer.created'>) => {});
map.on('invoice.paid', (event) => {
  // @ts-expect-error no such field: the payload is inferred, and is not any
  event.data.object.nope;
});
// @ts-expect-error an event that nobody declared
map.on('acme.unheard_of', () => {});

export function emits(ctx: HandlerContext) {
  ctx.emit('anything.else', 'key', { of: 'any shape' });
  // @ts-expect-error not what was declared for this event
  ctx.emit('acme.receipt_sent', 'key', { invoice: 5, total: 'none' });
  // @ts-expect-error no key
  ctx.emit('anything.else', { of: 'any shape' });
  ctx.write(async (em) => {
    // @ts-expect-error outside the service, nothing is known of its entity manager
    em.find;
  });
}
