import { type EventOf, type HandlerContext, On } from '@renewal-ledger/sdk';
import type { Fact } from '../ledger/fact.js';
import { isKind, objectOf, recordFact } from './fact-context.js';

/** Reads the subscription that an event carries, and what the event says was there before. */
export class SubscriptionHandlers {
  @On('customer.subscription.*')
  async record(event: EventOf<'customer.subscription.*'>, ctx: HandlerContext): Promise<void> {
    const object = objectOf(event);
    const { previous_attributes: previous = null } = (event.data as { previous_attributes?: unknown } | null) ?? {};
    if (isKind(object, 'subscription')) recordFact(ctx, { kind: 'subscription', object, previous } satisfies Fact);
  }
}
