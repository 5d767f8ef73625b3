import type { HandlerContext } from '@renewal-ledger/sdk';

/** What a fact handler is given: it reads its event, records what it read, and does nothing else. */
export interface FactContext extends HandlerContext {
  record(fact: object): void;
}

/** Hands a fact to the batch that the handler runs in; it is written with the facts of the whole batch. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- callers name what they record, so that a wrong fact does not compile
export function recordFact<Fact extends object>(ctx: HandlerContext, fact: Fact): void {
  const { record } = ctx as Partial<FactContext>;
  if (record === undefined) throw new TypeError('Facts can be recorded only by handlers of the built-in fact map.');
  record(fact);
}

/** False of an object that itself says that it is something else: an `invoice.updated` can come around the payment of an invoice. */
export function isKind(object: unknown, kind: 'invoice' | 'subscription'): boolean {
  const { object: named } = (object ?? {}) as { readonly object?: unknown };
  return typeof named !== 'string' || named === kind;
}

/** What an event is about; undefined where it carries nothing: such an event is stored like any other, and leaves no fact. */
export function objectOf(event: { readonly data: unknown }): unknown {
  return (event.data as { readonly object?: unknown } | null | undefined)?.object;
}
