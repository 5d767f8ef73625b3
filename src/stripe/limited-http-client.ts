import type Stripe from 'stripe';
import type { Pace } from './pace.js';

const TOO_MANY_REQUESTS = 429;
const TRIES = 8;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Of what Stripe asks for, so that no header holds everybody up for a day. */
const LONGEST_ASKED_MS = 5 * 60_000;

/**
 * Sends each request when its turn has come, and again after a pause while Stripe says that the limit is reached: for as long as
 * Retry-After asks, else doubling with jitter. Everybody pauses, because the limit is everybody's. Stripe's own client
 * does not try again after a 429, and waits for no header.
 * @see https://docs.stripe.com/rate-limits
 */
export function limitRequests(inner: Stripe.HttpClient, pace: Pace): Stripe.HttpClient {
  return {
    getClientName: () => inner.getClientName(),
    async makeRequest(...request) {
      for (let tries = 1; ; tries += 1) {
        await pace.turn();
        const response = await inner.makeRequest(...request);
        if (response.getStatusCode() !== TOO_MANY_REQUESTS || tries === TRIES) return response;
        response.dispose?.();
        pace.hold(askedPause(response) ?? pauseAfter(tries));
      }
    },
  };
}

/** Retry-After in seconds; Stripe sends no dates in it. */
function askedPause(response: Stripe.HttpClientResponse): number | null {
  const seconds = Number(response.getHeaders()['retry-after'] ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, LONGEST_ASKED_MS) : null;
}

/** From a half to the whole of what doubling gives, so that processes that were refused together part. */
function pauseAfter(tries: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
  return longest * (0.5 + Math.random() / 2);
}
