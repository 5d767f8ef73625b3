import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stripe's list of an invoice's lines, over HTTP: in pages, and limited or held back where a test says so. */
export interface StripeLinesStandIn {
  readonly url: string;
  readonly calls: { readonly path: string; readonly authorization: string | undefined }[];
  /** The lines that Stripe has of an invoice, by its id. */
  readonly lines: Map<string, readonly object[]>;
  /** The statuses of the next answers, in turn; afterwards it succeeds. */
  fail(...statuses: number[]): void;
  /** Nobody is answered until `release`. */
  hold(): void;
  release(): void;
  stop(): Promise<void>;
}

/** At most this many lines on a page, whatever is asked for. */
const PAGE = 2;

export async function startStripeLines(): Promise<StripeLinesStandIn> {
  const calls: StripeLinesStandIn['calls'] = [];
  const lines = new Map<string, readonly object[]>();
  let failures: number[] = [];
  let gate = Promise.withResolvers<void>();
  gate.resolve();

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    calls.push({ path: url.pathname + url.search, authorization: request.headers.authorization });
    void gate.promise.then(() => {
      const status = failures.shift();
      if (status !== undefined) return answer(response, status, { error: { type: 'api_error', message: 'Not now.' } });
      const [, invoice = ''] = /^\/v1\/invoices\/([^/]+)\/lines$/.exec(url.pathname) ?? [];
      return answer(response, 200, pageOf(lines.get(invoice) ?? [], url.searchParams.get('starting_after')));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    lines,
    fail(...statuses) {
      failures = statuses;
    },
    hold() {
      gate = Promise.withResolvers<void>();
    },
    release: () => gate.resolve(),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pageOf(lines: readonly object[], after: string | null): object {
  const start = after === null ? 0 : lines.findIndex((line) => (line as { id: string }).id === after) + 1;
  return {
    object: 'list',
    data: lines.slice(start, start + PAGE),
    has_more: start + PAGE < lines.length,
    url: '/v1/invoices/lines',
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
