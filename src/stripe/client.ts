import Stripe from 'stripe';
import { limitRequests } from './limited-http-client.js';
import { createPace } from './pace.js';

export interface StripeOptions {
  readonly apiKey: string;
  /** Another address than Stripe's own, such as a stand-in's. */
  readonly apiBase: string | undefined;
}

const TIMEOUT_MS = 20_000;
const RETRIES = 3;
/** What Stripe allows in test mode; live mode allows more. */
const REQUESTS_PER_SECOND = 25;

/**
 * Stripe's own client. It tries again by itself what failed on the way, and keeps within Stripe's limit: a process has one of these,
 * and all that ask Stripe share it.
 */
export function createStripe({ apiKey, apiBase }: StripeOptions): Stripe {
  return new Stripe(apiKey, {
    ...(apiBase === undefined ? {} : addressOf(apiBase)),
    httpClient: limitRequests(Stripe.createNodeHttpClient(), createPace(REQUESTS_PER_SECOND)),
    maxNetworkRetries: RETRIES,
    timeout: TIMEOUT_MS,
    telemetry: false,
    appInfo: { name: 'renewal-ledger' },
  });
}

function addressOf(apiBase: string): { protocol: 'http' | 'https'; host: string; port: string } {
  const { protocol, hostname, port } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  return { protocol: isPlain ? 'http' : 'https', host: hostname, port: port === '' ? (isPlain ? '80' : '443') : port };
}
