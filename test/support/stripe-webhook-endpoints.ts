import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListedEndpoint {
  readonly url: string;
  readonly enabled_events: readonly string[];
  readonly status?: 'enabled' | 'disabled';
}

/** Stripe's list of webhook endpoints, over HTTP, for a key that counts. */
export interface StripeWebhookEndpoints {
  readonly url: string;
  endpoints: readonly ListedEndpoint[];
  /** The status of every answer. */
  status: number;
  stop(): Promise<void>;
}

export async function startStripeWebhookEndpoints(key: string): Promise<StripeWebhookEndpoints> {
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === `Bearer ${key}`;
    const status = isKnown ? standIn.status : 401;
    const data = standIn.endpoints.map((endpoint, index) => ({
      id: `we_${index}`,
      object: 'webhook_endpoint',
      status: 'enabled',
      ...endpoint,
    }));
    const list = { object: 'list', url: '/v1/webhook_endpoints', has_more: false, data };
    const error = { error: { type: 'invalid_request_error', message: `No: ${key}` } };
    const body = status === 200 && request.url?.startsWith('/v1/webhook_endpoints') ? list : error;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: StripeWebhookEndpoints = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    endpoints: [],
    status: 200,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}
