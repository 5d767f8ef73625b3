import Stripe from 'stripe';
import { type Time, toSeconds } from './time.js';

/** A webhook as Stripe posts it. */
export interface SignedWebhook {
  readonly body: string;
  readonly headers: { readonly 'content-type': string; readonly 'stripe-signature': string };
}

/** Signs an event, or a body as it is, by Stripe's own test function. `at` is the signature's time: now, if left out. */
export function signed(
  event: object | string,
  secret: string,
  { at = new Date() }: { readonly at?: Time } = {},
): SignedWebhook {
  const body = typeof event === 'string' ? event : JSON.stringify(event, null, 2); // Stripe indents by two
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: toSeconds(at) });
  return { body, headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature } };
}
