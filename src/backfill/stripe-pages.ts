import type Stripe from 'stripe';
import type { EventWalk } from './event-walks.js';

/** One page of a list of Stripe's, each entry as Stripe sends it. */
export interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly hasMore: boolean;
  /** By Stripe's own clock, which also dates its events; null where it names none. */
  readonly readAt: Date | null;
}

export interface ListedEvent {
  readonly id: string;
  readonly created?: unknown;
}

export interface EventPageOptions {
  readonly walk: EventWalk;
  readonly since: Date | null;
  readonly deliverySuccess: boolean | null;
  /** The last event of the page before. */
  readonly after: string | null;
  readonly signal: AbortSignal;
}

/** Newest first. @see https://docs.stripe.com/api/events/list */
export function readEventPage(stripe: Stripe, options: EventPageOptions): Promise<Page<ListedEvent>> {
  const { walk, since, deliverySuccess, after, signal } = options;
  const query = queryOf(after);
  if (walk.type !== undefined) query.set('type', walk.type);
  for (const [index, type] of (walk.types ?? []).entries()) query.set(`types[${index}]`, type);
  if (since !== null) query.set('created[gte]', String(Math.floor(since.getTime() / 1000)));
  if (deliverySuccess !== null) query.set('delivery_success', String(deliverySuccess));
  return ask(stripe, `/v1/events?${query.toString()}`, signal);
}

export interface ListOptions {
  readonly after: string | null;
  readonly signal: AbortSignal;
}

export interface ListedInvoice {
  readonly id: string;
  readonly livemode?: unknown;
  readonly lines?: { readonly data?: readonly unknown[]; readonly has_more?: unknown };
}

/** @see https://docs.stripe.com/api/invoices/list */
export function readInvoicePage(
  stripe: Stripe,
  subscription: string,
  { after, signal }: ListOptions,
): Promise<Page<ListedInvoice>> {
  const query = queryOf(after);
  query.set('subscription', subscription);
  return ask(stripe, `/v1/invoices?${query.toString()}`, signal);
}

/** @see https://docs.stripe.com/api/invoice-line-item/retrieve */
export function readLinePage(
  stripe: Stripe,
  invoice: string,
  { after, signal }: ListOptions,
): Promise<Page<{ readonly id: string }>> {
  return ask(stripe, `/v1/invoices/${encodeURIComponent(invoice)}/lines?${queryOf(after).toString()}`, signal);
}

/** Every entry of a list, page after page, as of the first. */
export async function readAllPages<Entry extends { readonly id: string }>(
  read: (after: string | null) => Promise<Page<Entry>>,
): Promise<Page<Entry>> {
  const entries: Entry[] = [];
  let readAt: Date | null = null;
  for (let after: string | null = null; ;) {
    const page: Page<Entry> = await read(after);
    entries.push(...page.entries);
    after = page.entries.at(-1)?.id ?? null;
    readAt ??= page.readAt;
    if (!page.hasMore || after === null) return { entries, hasMore: false, readAt };
  }
}

function queryOf(after: string | null): URLSearchParams {
  return new URLSearchParams({ limit: '100', ...(after !== null && { starting_after: after }) });
}

/** The raw answer: Stripe's typed methods change values on the way. */
async function ask<Entry>(stripe: Stripe, path: string, signal: AbortSignal): Promise<Page<Entry>> {
  signal.throwIfAborted();
  const answer = await unlessAborted(stripe.rawRequest('GET', path), signal);
  const { data, has_more: hasMore } = answer as unknown as { data: readonly Entry[]; has_more: boolean };
  return { entries: data, hasMore, readAt: toTime(answer.lastResponse.headers['date']) };
}

/** Whoever stops waits for no answer, nor for a turn to ask. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function toTime(date: string | undefined): Date | null {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? null : new Date(time);
}

/** True where asking again cannot help: the key, or what was asked for, is refused. */
export function isRefusal(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: unknown };
  return (
    typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 && ![408, 409, 429].includes(statusCode)
  );
}

/** True where Stripe knows nothing of that id: it belongs to another account, or to the other mode. */
export function isUnknown(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'resource_missing';
}
