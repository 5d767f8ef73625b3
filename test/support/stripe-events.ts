import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stripe's list of events, over HTTP: newest first, in pages, limited or failing where a test says so. */
export interface StripeEventsStandIn {
  readonly url: string;
  readonly queries: URLSearchParams[];
  /** Newest first. */
  events: { readonly id: string; readonly type: string; readonly created: number }[];
  /** The statuses of the next answers, in turn; afterwards it succeeds. */
  fail(...statuses: number[]): void;
  stop(): Promise<void>;
}

const PAGE = 2;

export async function startStripeEvents(): Promise<StripeEventsStandIn> {
  let failures: number[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    standIn.queries.push(url.searchParams);
    const status = failures.shift() ?? (url.pathname === '/v1/events' ? 200 : 404);
    const body =
      status === 200 ? pageOf(standIn.events, url.searchParams) : { error: { type: 'api_error', message: 'No.' } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: StripeEventsStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queries: [],
    events: [],
    fail(...statuses) {
      failures = statuses;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

function pageOf(events: StripeEventsStandIn['events'], query: URLSearchParams): object {
  const since = Number(query.get('created[gte]') ?? 0);
  const asked = events.filter(({ created }) => created >= since);
  const after = query.get('starting_after');
  const start = after === null ? 0 : asked.findIndex(({ id }) => id === after) + 1;
  return {
    object: 'list',
    url: '/v1/events',
    data: asked.slice(start, start + PAGE),
    has_more: start + PAGE < asked.length,
  };
}
