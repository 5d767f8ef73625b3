import { z } from 'zod';
import { CheckoutIntentState } from '../entities/states.js';
import { instant, instantText, intentId, optional, quantity, text, uuid } from './fields.js';
import type { ImportRecord, ReadRecord } from './records.js';

const STATES = new Map(Object.values(CheckoutIntentState).map((state) => [state.toLowerCase(), state]));

/** Records of `dumpdata`: `{"model", "pk", "fields"}`. Fields that the ledger has no place for are passed over. */
const checkoutIntent = z
  .object({
    pk: intentId(),
    fields: z.object({
      uuid: uuid(),
      state: z
        .enum([...STATES.keys()], { error: `must be one of: ${[...STATES.keys()].join(', ')}.` })
        .transform((state) => STATES.get(state) ?? CheckoutIntentState.CREATED),
      enterprise_name: optional(text()),
      enterprise_slug: optional(text()),
      enterprise_uuid: optional(uuid()),
      stripe_customer_id: optional(text()),
      quantity: quantity(),
      created: optional(instant()),
    }),
  })
  .transform(({ pk, fields }): ImportRecord => ({
    kind: 'checkoutIntent',
    id: pk,
    uuid: fields.uuid,
    state: fields.state,
    enterpriseName: fields.enterprise_name,
    enterpriseSlug: fields.enterprise_slug,
    enterpriseUuid: fields.enterprise_uuid,
    stripeCustomerId: fields.stripe_customer_id,
    quantity: fields.quantity,
    createdAt: fields.created,
  }));

/** `stripe_event_data` names the event that triggered the row, which need not be of the invoice that pays for it: no link is read from it. */
const renewal = z
  .object({
    fields: z.object({
      checkout_intent: intentId(),
      subscription_plan_renewal_id: z
        .union([text(), z.int().transform(String)], { error: 'must be a number or text.' })
        .pipe(text()),
      prior_subscription_plan_uuid: optional(uuid()),
      renewed_subscription_plan_uuid: optional(uuid()),
      stripe_subscription_id: optional(text()),
      effective_date: optional(instant()),
      stripe_invoice_id: optional(text()),
      processed_at: optional(instant()),
      created: optional(instant()),
    }),
  })
  .transform(({ fields }): ImportRecord => ({
    kind: 'renewal',
    checkoutIntentId: fields.checkout_intent,
    subscriptionPlanRenewalId: fields.subscription_plan_renewal_id,
    priorSubscriptionPlanUuid: fields.prior_subscription_plan_uuid,
    renewedSubscriptionPlanUuid: fields.renewed_subscription_plan_uuid,
    stripeSubscriptionId: fields.stripe_subscription_id,
    effectiveDate: fields.effective_date,
    isDateFixed: false,
    stripeInvoiceId: fields.stripe_invoice_id,
    processedAt: fields.processed_at,
    isCanceled: false, // that follows from the subscription's events
    refusedInvoiceIds: [],
    createdAt: fields.created,
  }));

/** The key is Stripe's id of the event. A payload that was scrubbed is not there any more, and there is nothing to import. */
const stripeEventData = z
  .object({
    pk: text(),
    fields: z.object({
      event_type: text(),
      data: z.preprocess(parseText, z.looseObject({}, { error: 'must be the payload of an event.' })),
      created: optional(instantText()),
    }),
  })
  .superRefine(({ pk, fields: { data } }, context) => {
    if (data['id'] !== undefined && data['id'] !== pk)
      context.addIssue({ code: 'custom', path: ['fields', 'data', 'id'], message: 'must be the event that pk names.' });
  })
  .transform(({ pk, fields: { event_type: type, data, created } }): ImportRecord => {
    if (data['data'] === undefined || data['data'] === null) return { kind: 'erased' };
    return { kind: 'event', body: JSON.stringify({ ...data, id: pk, type }), receivedAt: created };
  });

/** The field of the package jsonfield is dumped as text that holds JSON; Django's own is not. */
function parseText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const SCHEMAS: Readonly<Record<string, z.ZodType<ImportRecord>>> = {
  'customer_billing.checkoutintent': checkoutIntent,
  'customer_billing.selfservicesubscriptionrenewal': renewal,
  'customer_billing.stripeeventdata': stripeEventData,
};

export function readDjangoRecord(value: Readonly<Record<string, unknown>>): ReadRecord {
  const model = String(value['model']).toLowerCase();
  const schema = SCHEMAS[model];
  return schema === undefined ? { success: true, data: { kind: 'unknown', model } } : schema.safeParse(value);
}
