import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { Webhook } from 'standardwebhooks';

export const SECRET = `whsec_${Buffer.from('a secret of the ledger for tests').toString('base64')}`;
export const OTHER_SECRET = `whsec_${Buffer.from('another secret, just as long now').toString('base64')}`;

export interface DeliverySpec {
  readonly event?: object;
  readonly body?: string;
  readonly secret?: string;
  readonly key?: string;
  readonly tries?: number;
  readonly at?: Date;
  readonly headers?: Record<string, string>;
}

/** What the ledger posts to an endpoint. */
export function aDelivery(spec: DeliverySpec = {}): { body: string; headers: Record<string, string> } {
  const { key = 'evt_1:endpoint:receipts', at = new Date(), secret = SECRET } = spec;
  const body = spec.body ?? JSON.stringify(spec.event ?? aStripeEvent('invoice.paid', anInvoice()));
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': key,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(key, at, body),
      'ledger-try': String(spec.tries ?? 1),
      ...spec.headers,
    },
  };
}

export function aRequest(spec: DeliverySpec = {}): Request {
  const { body, headers } = aDelivery(spec);
  return new Request('https://receipts.example/ledger', { method: 'POST', body, headers });
}
