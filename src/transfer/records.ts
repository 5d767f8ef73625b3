import { z } from 'zod';
import { CheckoutIntentState } from '../entities/states.js';
import { flag, instant, instantText, intentId, oneOf, optional, quantity, text, uuid } from './fields.js';

/** The version of the format, in the first line of every export. */
export const VERSION = 1;

/** A line of an export. What is derived is not in it: facts, states and links by rule come of the events, as they did. */
const header = z.strictObject({
  kind: z.literal('renewal-ledger'),
  version: z.literal(VERSION, { error: `must be ${VERSION}: a newer renewal-ledger wrote this file.` }),
});

const intent = z.strictObject({
  kind: z.literal('checkoutIntent'),
  id: intentId(),
  uuid: uuid(),
  state: oneOf(Object.values(CheckoutIntentState)),
  enterpriseName: optional(text()),
  enterpriseSlug: optional(text()),
  enterpriseUuid: optional(uuid()),
  /** The one that was given; one that follows from events is not. */
  stripeCustomerId: optional(text()),
  quantity: quantity(),
  createdAt: optional(instant()),
});

const renewalLine = z.strictObject({
  kind: z.literal('renewal'),
  checkoutIntentId: intentId(),
  subscriptionPlanRenewalId: text(),
  priorSubscriptionPlanUuid: optional(uuid()),
  renewedSubscriptionPlanUuid: optional(uuid()),
  stripeSubscriptionId: optional(text()),
  /** The date that was given: a subscription's moves carry it along, unless it is fixed. */
  effectiveDate: optional(instant()),
  isDateFixed: flag().default(false),
  stripeInvoiceId: optional(text()),
  /** True of a link that is no more than what the rules make of these events: it is for them to make again. */
  isLinkDerived: flag().default(false),
  processedAt: optional(instant()),
  isCanceled: flag().default(false),
  refusedInvoiceIds: z.array(text(), { error: 'must be a list of ids.' }).default([]),
  createdAt: optional(instant()),
});

const renewal = renewalLine.transform(({ isLinkDerived, stripeInvoiceId, ...fields }) => ({
  ...fields,
  stripeInvoiceId: isLinkDerived ? null : stripeInvoiceId,
}));

const event = z.strictObject({
  kind: z.literal('event'),
  /** The bytes as received. */
  body: z.string({ error: 'must be text.' }),
  receivedAt: optional(instantText()),
});

const SCHEMAS = { 'renewal-ledger': header, checkoutIntent: intent, renewal, event } as const;

export type IntentRow = z.output<typeof intent>;
export type RenewalRow = z.output<typeof renewal>;
export type EventRow = z.output<typeof event>;

/** What a record comes to: something to import, or something that is passed over for a reason. */
export type ImportRecord =
  | IntentRow
  | RenewalRow
  | EventRow
  | { readonly kind: 'renewal-ledger' }
  | { readonly kind: 'unknown'; readonly model: string }
  /** An event whose payload was erased where it comes from. */
  | { readonly kind: 'erased' };

export type ReadRecord =
  | { readonly success: true; readonly data: ImportRecord }
  | { readonly success: false; readonly error: z.ZodError };

export type Kind = ImportRecord['kind'];

const anyKind = z.looseObject(
  { kind: oneOf(Object.keys(SCHEMAS)) },
  { error: 'must be an object with a "kind" (of an export), or a "model" (of Django).' },
);

/** Reads a line of an export; nothing in it may be unknown, so that a misspelt field is not lost. */
export function readOwnRecord(value: unknown): ReadRecord {
  const known = anyKind.safeParse(value);
  if (!known.success) return { success: false, error: known.error };
  return SCHEMAS[known.data.kind as keyof typeof SCHEMAS].safeParse(value);
}
