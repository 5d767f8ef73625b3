import { readInvoice } from '@renewal-ledger/sdk';
import { anInvoice, type InvoiceSpec, type Time } from '@renewal-ledger/sdk/testing';
import { CheckoutIntentState, LinkedBy, RenewalState } from '../../src/entities/states.js';
import { type FactEvent, toInvoiceRecord } from '../../src/ledger/invoice-facts.js';
import type {
  Group,
  IntentRecord,
  InvoiceFactRecord,
  RenewalRecord,
  SubscriptionRecord,
} from '../../src/ledger/records.js';

/** What the SDK's builders write where a spec says nothing. */
export const SUBSCRIPTION = 'sub_1Acme000000000000000000';
export const CUSTOMER = 'cus_1Acme0000000000';
export const INTENT_UUID = '6a1f1c2e-3b4d-4e5f-8a9b-0c1d2e3f4a5b';

/** When the default invoice's service begins, and the default renewal is due. */
export const DUE = '2026-03-01T00:00:00Z';

export interface InvoiceRecordSpec extends InvoiceSpec {
  /** The event's type: the one that tells of the status, if left out. */
  readonly type?: string;
  readonly eventId?: string;
  /** Stripe's time of the event; null: it names none. */
  readonly at?: Time | null;
}

const TYPE_OF_STATUS: Readonly<Record<string, string>> = {
  draft: 'invoice.created',
  open: 'invoice.finalized',
  paid: 'invoice.paid',
  uncollectible: 'invoice.marked_uncollectible',
  void: 'invoice.voided',
};

/** The record that one event of an invoice leaves: its payload is built in Stripe's layout, and read as the service reads it. */
export function anInvoiceRecord(spec: InvoiceRecordSpec = {}): InvoiceFactRecord {
  const fact = readInvoice(anInvoice(spec));
  if (fact.id === null) throw new TypeError('An invoice without an id leaves no record.');
  const type = spec.type ?? TYPE_OF_STATUS[spec.status ?? 'paid'] ?? 'invoice.updated';
  const created = spec.at === null ? null : instant(spec.at ?? spec.created ?? spec.serviceStart ?? DUE);
  const event: FactEvent = {
    id: spec.eventId ?? `evt_${type}_${fact.id}`,
    type,
    created,
    receivedAt: instant('2026-06-01'),
  };
  return toInvoiceRecord(event, { ...fact, id: fact.id });
}

export interface RenewalSpec extends Partial<Omit<RenewalRecord, 'givenDate' | 'effectiveDate'>> {
  /** The date given, which is the effective one until something moves it. */
  readonly date?: Time | null;
  /** The subscription that it names. */
  readonly names?: string;
}

/** A scheduled renewal of the default subscription at the default invoice's service start. */
export function aRenewal({ date, names, ...spec }: RenewalSpec = {}): RenewalRecord {
  const given = date === null ? null : instant(date ?? DUE);
  const id = spec.id ?? '1';
  return {
    id,
    intentId: '1',
    subscriptionPlanRenewalId: `plan-renewal-${id}`,
    priorSubscriptionPlanUuid: null,
    renewedSubscriptionPlanUuid: null,
    givenSubscriptionId: names ?? null,
    subscriptionId: names ?? SUBSCRIPTION,
    givenDate: given,
    isDateFixed: false,
    effectiveDate: given,
    invoiceId: null,
    linkedBy: spec.invoiceId ? LinkedBy.RULE : null,
    state: RenewalState.SCHEDULED,
    processingStartedAt: null,
    processedAt: null,
    canceledByHand: false,
    isCanceled: false,
    subscriptionCancelAt: null,
    ...spec,
  };
}

/** A checkout intent that has just been created. */
export function anIntent(spec: Partial<IntentRecord> = {}): IntentRecord {
  return {
    id: '1',
    uuid: INTENT_UUID,
    state: CheckoutIntentState.CREATED,
    givenCustomerId: null,
    customerId: null,
    enterpriseName: null,
    enterpriseSlug: null,
    enterpriseUuid: null,
    quantity: 1,
    ...spec,
  };
}

/** A subscription that the default intent owns, known by its invoices only. */
export function aSubscription(spec: Partial<SubscriptionRecord> = {}): SubscriptionRecord {
  return {
    id: SUBSCRIPTION,
    customerId: null,
    status: null,
    cancelAt: null,
    cancelAtPeriodEnd: null,
    endedAt: null,
    trialEnd: null,
    currentPeriodStart: null,
    currentPeriodEnd: null,
    createdAt: null,
    namedIntentUuid: INTENT_UUID,
    namedIntentId: null,
    isNamedByItself: false,
    intentId: '1',
    firstCustomerId: CUSTOMER,
    firstEventAt: instant('2026-01-01'),
    firstEventId: 'evt_first',
    isDeleted: false,
    asOf: null,
    asOfEventId: null,
    ...spec,
  };
}

/** One checkout intent with its subscription, and nothing to settle yet. */
export function aGroup(spec: Partial<Group> = {}): Group {
  return {
    intent: anIntent(),
    subscriptions: [aSubscription()],
    moves: [],
    invoices: [],
    renewals: [],
    refusedPairs: [],
    ...spec,
  };
}

export function instant(time: Time): Date {
  return new Date(typeof time === 'number' ? time * 1000 : time);
}

const HOUR = 3_600_000;

/** Some hours after (or, below zero, before) a time: the default due date, if left out. */
export function hoursFrom(hours: number, time: Time = DUE): Date {
  return new Date(instant(time).getTime() + hours * HOUR);
}
