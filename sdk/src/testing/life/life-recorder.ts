import { aStripeEvent, type UntypedEvent } from '../event-builder.js';
import { anInvoice, type InvoiceSpec } from '../invoice-builder.js';
import type { Layout, StripeObject } from '../stripe-object.js';
import { aSubscription, type SubscriptionSpec } from '../subscription-builder.js';

export type LifeEvent = UntypedEvent<string>;

/** Writes down the events of one subscription, keeping its state from one to the next. */
export class LifeRecorder {
  readonly events: LifeEvent[] = [];
  #subscription: SubscriptionSpec;

  constructor(
    subscription: SubscriptionSpec,
    private readonly layoutOf: (index: number) => Layout,
  ) {
    this.#subscription = subscription;
  }

  /** Changes the subscription and tells it, with the attributes as they were. */
  subscription(type: string, at: number, change: Partial<SubscriptionSpec> = {}): void {
    const layout = this.layoutOf(this.events.length);
    const before = aSubscription({ ...this.#subscription, layout });
    this.#subscription = { ...this.#subscription, ...change };
    const after = aSubscription({ ...this.#subscription, layout });
    const previousAttributes =
      type === 'customer.subscription.updated' ? { previousAttributes: changesOf(before, after) } : {};
    this.#add(type, after, { created: at, ...previousAttributes });
  }

  invoice(type: string, at: number, spec: InvoiceSpec): void {
    this.#add(type, anInvoice({ ...spec, layout: this.layoutOf(this.events.length) }), { created: at });
  }

  #add(type: string, object: StripeObject, spec: Parameters<typeof aStripeEvent>[2]): void {
    this.events.push(aStripeEvent(type, object, spec));
  }
}

/** The values before, of the fields that differ; of `items` only the list itself, as Stripe does. */
function changesOf(before: StripeObject, after: StripeObject): Record<string, unknown> {
  const changed = Object.keys(after).filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return Object.fromEntries(
    changed.map((field) => [field, field === 'items' ? { data: itemsOf(before) } : before[field]]),
  );
}

function itemsOf(subscription: StripeObject): unknown {
  return (subscription['items'] as { data: unknown }).data;
}
