import { randomUUID } from 'node:crypto';

/** Records as Django's `dumpdata` writes those of enterprise-access' customer_billing. */
export interface DjangoRecord {
  readonly model: string;
  readonly pk: number | string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function aDjangoIntent(pk: number, fields: Readonly<Record<string, unknown>> = {}): DjangoRecord {
  return {
    model: 'customer_billing.checkoutintent',
    pk,
    fields: {
      created: '2025-10-01T08:00:00.123Z',
      modified: '2025-10-02T08:00:00Z',
      user: 40 + pk,
      uuid: randomUUID(),
      state: 'fulfilled',
      enterprise_name: `Acme ${pk}`,
      enterprise_slug: `acme-${pk}`,
      enterprise_uuid: null,
      stripe_customer_id: `cus_django_${pk}`,
      expires_at: '2025-10-02T08:00:00Z',
      stripe_checkout_session_id: 'cs_test_1',
      quantity: 5,
      country: 'US',
      last_checkout_error: null,
      last_provisioning_error: '',
      workflow: null,
      terms_metadata: { version: 'test' },
      ...fields,
    },
  };
}

export function aDjangoRenewal(pk: number, fields: Readonly<Record<string, unknown>> = {}): DjangoRecord {
  return {
    model: 'customer_billing.selfservicesubscriptionrenewal',
    pk,
    fields: {
      created: '2025-10-01T09:00:00Z',
      modified: '2025-10-01T09:00:00Z',
      checkout_intent: 1,
      subscription_plan_renewal_id: 700 + pk,
      prior_subscription_plan_uuid: null,
      renewed_subscription_plan_uuid: null,
      stripe_event_data: 'evt_django_1',
      stripe_subscription_id: `sub_django_${pk}`,
      processed_at: null,
      ...fields,
    },
  };
}

/** `event` is the payload as Stripe posted it. */
export function aDjangoEvent(event: { readonly id: string; readonly type: string }): DjangoRecord {
  return {
    model: 'customer_billing.stripeeventdata',
    pk: event.id,
    fields: {
      created: '2025-11-03T10:00:00Z',
      modified: '2025-11-03T10:00:01Z',
      event_type: event.type,
      checkout_intent: 1,
      data: event,
      handled_at: '2025-11-03T10:00:01Z',
    },
  };
}
