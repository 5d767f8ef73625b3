import { createHmac } from 'node:crypto';
import { aStripeEvent, anInvoice } from '@renewal-ledger/sdk/testing';

export const WEBHOOK_SECRET = 'whsec_of_the_bench_0000000000000000';

/** When the renewals of the bench are due, and the service of its invoices begins. */
export const RENEWAL_DATE = '2026-03-01T00:00:00Z';

const MARK = '%NUMBER%';

/** The ids of one customer's year: all that differs between two events of the bench. `number` has 12 digits; ids are as long as Stripe's. */
export const idsOf = (number: string) => ({
  invoice: `in_100000000000${number}`,
  subscription: `sub_100000000000${number}`,
  customer: `cus_100${number}`,
  intentUuid: `00000000-0000-4000-8000-${number}`,
});

export const toNumber = (index: number): string => String(index).padStart(12, '0');

/** Writes events of about 6 KB, indented as Stripe does, all alike but for their ids. */
export type EventText = (index: number) => string;

/** `invoice.created` carries a draft, `invoice.paid` the same invoice paid. The subscription's metadata names its checkout intent. */
export function eventText(type: 'invoice.created' | 'invoice.paid'): EventText {
  const { invoice: id, intentUuid, ...ids } = idsOf(MARK);
  const status = type === 'invoice.paid' ? 'paid' : 'draft';
  const metadata = { checkout_intent_uuid: intentUuid };
  const object = anInvoice({ ...ids, id, status, serviceStart: RENEWAL_DATE, metadata });
  const event = aStripeEvent(type, object, { id: `evt_1${status === 'paid' ? 'p' : 'c'}0000000000${MARK}` });
  const parts = JSON.stringify(event, null, 2).split(MARK);
  return (index) => parts.join(toNumber(index));
}

/** Stripe's header for a body signed now. */
export function signatureOf(body: string): string {
  const timestamp = Math.floor(Date.now() / 1000);
  const v1 = createHmac('sha256', WEBHOOK_SECRET).update(`${timestamp}.${body}`).digest('hex');
  return `t=${timestamp},v1=${v1}`;
}
