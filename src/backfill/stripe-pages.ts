import { setTimeout as pause } from 'node:timers/promises';
import type Stripe from 'stripe';

/** One page of Stripe's list of events, newest first, each as Stripe sends it. */
export interface EventPage {
  readonly events: readonly { readonly id: string }[];
  readonly hasMore: boolean;
}

export interface PageOptions {
  readonly since: Date | null;
  readonly eventTypes: readonly string[] | null;
  /** The last event of the page before. */
  readonly after: string | null;
  readonly signal: AbortSignal;
}

/** Stripe allows 25 reads a second in test mode. */
const PACE_MS = 40;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const TRIES = 8;

/**
 * Reads one page, no faster than Stripe's limit, and again after a pause while Stripe says that the limit is reached. The raw answer is
 * read: Stripe's typed methods change values on the way.
 * @see https://docs.stripe.com/api/events/list
 */
export async function readEventPage(
  stripe: Stripe,
  { since, eventTypes, after, signal }: PageOptions,
): Promise<EventPage> {
  const query = new URLSearchParams({ limit: '100' });
  if (since !== null) query.set('created[gte]', String(Math.floor(since.getTime() / 1000)));
  for (const [index, type] of (eventTypes ?? []).entries()) query.set(`types[${index}]`, type);
  if (after !== null) query.set('starting_after', after);
  for (let tries = 1; ; tries += 1) {
    await pause(PACE_MS, undefined, { signal });
    try {
      const page = (await stripe.rawRequest('GET', `/v1/events?${query.toString()}`)) as {
        readonly data: readonly { readonly id: string }[];
        readonly has_more: boolean;
      };
      return { events: page.data, hasMore: page.has_more };
    } catch (error) {
      if (!isLimited(error) || tries === TRIES) throw error;
      await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)), undefined, { signal });
    }
  }
}

const isLimited = (error: unknown): boolean => (error as { statusCode?: unknown }).statusCode === 429;

/** True where asking again cannot help: the key, or what was asked for, is refused. */
export function isRefusal(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: unknown };
  return (
    typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 && ![408, 409, 429].includes(statusCode)
  );
}
