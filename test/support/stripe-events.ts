import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListedEvent {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  /** Whether all of Stripe's endpoints have taken it; left out: they have. */
  readonly isDelivered?: boolean;
}

export interface Failure {
  readonly status: number;
  readonly retryAfter?: number;
  readonly code?: string;
}

/** Stripe's lists of events, invoices and lines, over HTTP: in pages, limited, failing or repeating itself where a test says so. */
export interface StripeEventsStandIn {
  readonly url: string;
  /** Those that were answered, or failed as told; those over the limit are counted only. */
  readonly queries: URLSearchParams[];
  readonly paths: string[];
  /** Newest first. */
  events: ListedEvent[];
  /** By subscription; of one that is not here Stripe knows nothing. */
  readonly invoices: Map<string, { readonly id: string }[]>;
  /** By invoice, in full. */
  readonly lines: Map<string, { readonly id: string }[]>;
  /** Requests in a second; the others are answered 429. */
  perSecond: number;
  refusedByLimit: number;
  /** Called after each page of events, as when more happens while they are read. */
  afterPage: () => void;
  /** The next answers, in turn; afterwards it succeeds. */
  fail(...failures: (number | Failure)[]): void;
  stop(): Promise<void>;
}

const PAGE = 2;

export async function startStripeEvents(): Promise<StripeEventsStandIn> {
  let failures: Failure[] = [];
  const isOverLimit = limiter(() => standIn.perSecond);
  const server = createServer((request, response) => {
    if (isOverLimit()) {
      standIn.refusedByLimit += 1;
      return refuse(response, { status: 429 });
    }
    const url = new URL(request.url ?? '/', 'http://stand-in');
    standIn.queries.push(url.searchParams);
    standIn.paths.push(url.pathname);
    const list = listOf(standIn, url);
    const failure = failures.shift() ?? (list === undefined ? { status: 404, code: 'resource_missing' } : undefined);
    if (failure !== undefined || list === undefined) return refuse(response, failure ?? { status: 500 });
    answer(response, 200, pageOf(list, url));
    if (url.pathname === '/v1/events') standIn.afterPage();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: StripeEventsStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queries: [],
    paths: [],
    events: [],
    invoices: new Map(),
    lines: new Map(),
    perSecond: 1_000,
    refusedByLimit: 0,
    afterPage: () => undefined,
    fail(...next) {
      failures = next.map((failure) => (typeof failure === 'number' ? { status: failure } : failure));
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

function limiter(perSecond: () => number): () => boolean {
  let second = { start: 0, requests: 0 };
  return () => {
    if (performance.now() - second.start > 1000) second = { start: performance.now(), requests: 0 };
    second.requests += 1;
    return second.requests > perSecond();
  };
}

function refuse(response: ServerResponse, { status, retryAfter, code }: Failure): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  answer(response, status, { error: { type: 'api_error', message: 'No.', code } }, headers);
}

function answer(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

type Listed = readonly { readonly id: string }[];

function listOf(standIn: StripeEventsStandIn, { pathname, searchParams }: URL): Listed | undefined {
  if (pathname === '/v1/events') return eventsFor(standIn.events, searchParams);
  if (pathname === '/v1/invoices') return standIn.invoices.get(searchParams.get('subscription') ?? '');
  const [, invoice = ''] = /^\/v1\/invoices\/([^/]+)\/lines$/.exec(pathname) ?? [];
  return standIn.lines.get(invoice);
}

function eventsFor(events: readonly ListedEvent[], query: URLSearchParams): ListedEvent[] {
  const since = Number(query.get('created[gte]') ?? 0);
  const group = query.get('type');
  const types = [...query].flatMap(([name, value]) => (name.startsWith('types[') ? [value] : []));
  const delivered = query.get('delivery_success');
  return events.filter(
    ({ created, type, isDelivered = true }) =>
      created >= since &&
      (group === null || type.startsWith(group.replace('*', ''))) &&
      (types.length === 0 || types.includes(type)) &&
      (delivered === null || delivered === String(isDelivered)),
  );
}

function pageOf(list: Listed, { pathname, searchParams: query }: URL): object {
  const after = query.get('starting_after');
  const start = after === null ? 0 : list.findIndex(({ id }) => id === after) + 1;
  return { object: 'list', url: pathname, data: list.slice(start, start + PAGE), has_more: start + PAGE < list.length };
}
