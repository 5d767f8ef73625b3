import { ArrayType, BigIntType } from '@mikro-orm/core';
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import type { EventSource, EventState } from './states.js';

/**
 * Something that happened, stored once. The body lies in `event_body`.
 * Each index serves a filter of the public contract; they are the largest part of what an event costs.
 */
@Entity({ tableName: 'event' })
@Index({ properties: ['receivedAt', 'id'] })
@Index({ properties: ['type', 'receivedAt'] })
@Index({ properties: ['occurredAt'] })
@Index({ name: 'event_state_index', properties: ['state', 'receivedAt'], where: "state <> 'HANDLED'" })
@Index({
  name: 'event_customer_index',
  properties: ['stripeCustomerId', 'receivedAt'],
  where: 'stripe_customer_id is not null',
})
@Index({
  name: 'event_subscription_index',
  properties: ['stripeSubscriptionId', 'receivedAt'],
  where: 'stripe_subscription_id is not null',
})
@Index({
  name: 'event_invoice_index',
  properties: ['stripeInvoiceId', 'receivedAt'],
  where: 'stripe_invoice_id is not null',
})
@Index({
  name: 'event_intent_index',
  properties: ['checkoutIntentId', 'receivedAt'],
  where: 'checkout_intent_id is not null',
})
export class Event {
  /** Stripe's id; `<type>:<key>` for an event of the ledger. */
  @PrimaryKey({ type: 'text' })
  id!: string;

  @Property({ type: 'text' })
  type!: string;

  // In the database a domain, which the ORM takes for its text; so is the state.
  @Property({ type: 'text' })
  source!: EventSource;

  @Property({ type: 'text' })
  state!: EventState;

  @Property({ type: 'text', nullable: true })
  ignoredBecause!: string | null;

  @Property({ type: 'text', nullable: true })
  apiVersion!: string | null;

  @Property({ type: 'boolean', nullable: true })
  livemode!: boolean | null;

  @Property({ type: 'text', nullable: true })
  account!: string | null;

  /** Stripe's time; the time of receipt where Stripe names none. */
  @Property({ type: 'datetime' })
  occurredAt!: Date;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  receivedAt!: Date;

  @Property({ type: 'datetime', nullable: true })
  handledAt!: Date | null;

  @Property({ type: 'text', nullable: true })
  stripeCustomerId!: string | null;

  @Property({ type: 'text', nullable: true })
  stripeSubscriptionId!: string | null;

  @Property({ type: 'text', nullable: true })
  stripeInvoiceId!: string | null;

  /** Of the ledger's own events; a Stripe event belongs to the intent that owns its subscription. */
  @Property({ type: new BigIntType('string'), nullable: true })
  checkoutIntentId!: string | null;

  /** SHA-256 of the body as received: it stays when the body is erased. */
  @Property({ type: 'blob' })
  bodyHash!: Uint8Array;

  @Property({ type: 'datetime', nullable: true })
  payloadErasedAt!: Date | null;

  /** The handlers that it was replayed for: only their deliveries are added. Null: those of all that take its type. */
  @Property({ type: new ArrayType(), columnType: 'text[]', nullable: true })
  replayedFor!: string[] | null;
}
