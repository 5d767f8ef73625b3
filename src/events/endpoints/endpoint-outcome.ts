import { GiveUp, type HandlerContext, RetryLater, waitFor, type WaitFor } from '@renewal-ledger/sdk';
import type { EndpointAnswer } from './endpoint-client.js';

const LONGEST_PAUSE_SECONDS = 30 * 86_400; // as long as a delivery may wait: a mistaken header forgets none
const LONGEST_REASON = 500;

/**
 * What an endpoint's answer means for its delivery: any 2xx is done, 202 with `waitFor` waits, 422 gives up, 429 and 503 with Retry-After
 * say when to try again, all else is tried again by the rule.
 */
export function outcomeOf(
  { status, headers, body }: EndpointAnswer,
  ctx: Pick<HandlerContext, 'emit'>,
  now: Date,
): WaitFor | void {
  const key = fieldOf(body, 'waitFor') ?? null;
  if (status === 202 && key !== null) return waitFor(typeof key === 'string' ? key : JSON.stringify(key));
  if (status >= 200 && status < 300) return emitAll(fieldOf(body, 'emitted'), ctx);
  const reason = describe(status, body);
  if (status === 422) throw new GiveUp(reason);
  const pause = status === 429 || status === 503 ? pauseOf(headers['retry-after'], now) : undefined;
  throw pause === undefined ? new Error(reason) : new RetryLater(pause, reason);
}

/** Events that the handlers behind the endpoint raise: `emit` looks at what they are. */
function emitAll(emitted: unknown, ctx: Pick<HandlerContext, 'emit'>): void {
  if (!Array.isArray(emitted)) return;
  for (const event of emitted as unknown[]) {
    const { type, key, payload } = (event ?? {}) as { type: string; key: string; payload: Record<string, unknown> };
    ctx.emit(type, key, payload);
  }
}

function describe(status: number, body: unknown): string {
  if (status >= 300 && status < 400)
    return `The endpoint answered ${status}; redirects are not followed: register the final address.`;
  const message = fieldOf(fieldOf(body, 'error'), 'message');
  const told = typeof message === 'string' && message !== '' ? `: ${message.slice(0, LONGEST_REASON)}` : '.';
  return `The endpoint answered ${status}${told}`;
}

/** Undefined for what is neither seconds nor an HTTP date: it says nothing. */
function pauseOf(header: string | string[] | undefined, now: Date): number | undefined {
  if (typeof header !== 'string') return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(header) ? Number(header) : secondsUntil(header, now);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, seconds), LONGEST_PAUSE_SECONDS);
}

/** Only of what begins with the name of a day: `Date.parse` would take `-5` for a month. */
function secondsUntil(date: string, now: Date): number {
  return /^[A-Z][a-z]{2}/.test(date) ? (Date.parse(date) - now.getTime()) / 1000 : NaN;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
