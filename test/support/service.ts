import type { AddressInfo } from 'node:net';
import { HandlerMap } from '@renewal-ledger/sdk';
import { pino } from 'pino';
import { systemClock } from '../../src/clock.js';
import { openService, type Service, type ServiceOptions } from '../../src/service.js';
import { openTestDatabase, type TestDatabase } from './database.js';
import { signature } from './signature.js';

export interface TestServiceOptions extends Partial<Omit<ServiceOptions, 'databaseUrl'>> {
  /** The address at which the service finds its database, such as a proxy's, given the real one. */
  readonly databaseUrl?: (url: string) => string | Promise<string>;
}

export interface TestService extends Service {
  readonly url: string;
  /** The first of the webhook's secrets. */
  readonly secret: string;
  /** Of scope admin. */
  readonly apiKey: string;
  readonly db: TestDatabase;
  /** Posts to the webhook, signed now unless the headers say otherwise. */
  post(body: object | string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Posts to `/graphql` with the admin's key. */
  graphql(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: any; // oxlint-disable-line typescript/no-explicit-any -- a test says what it expects of it
}

const ADMIN_KEY = 'test-admin-key';
const JSON_TYPE = { 'content-type': 'application/json' };

/** The whole service on a random port of loopback, over a database of its own. Start it in `beforeAll`, stop it in `afterAll`. */
export async function startService(options: TestServiceOptions = {}): Promise<TestService> {
  const webhookSecrets = options.webhookSecrets ?? ['whsec_of_the_tests'];
  const secret = webhookSecrets[0] ?? '';
  const db = await openTestDatabase();
  const service = await openService({
    role: 'all',
    adminApiKey: ADMIN_KEY,
    livemode: 'both',
    ack: 'stored',
    unmatchedGraceMinutes: 60,
    overdueGraceHours: 6,
    allowPrivateEndpoints: false,
    retentionDays: undefined,
    ide: false,
    trustProxy: false,
    handlers: new HandlerMap(),
    licenseManager: undefined,
    stripe: { apiKey: undefined, apiBase: undefined },
    log: pino({ level: 'silent' }),
    clock: systemClock,
    ...options,
    webhookSecrets,
    databaseUrl: (await options.databaseUrl?.(db.url)) ?? db.url,
  });
  await service.app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(service.app.server.address() as AddressInfo).port}`;
  return {
    ...service,
    url,
    secret,
    apiKey: ADMIN_KEY,
    db,
    post: (body, headers) =>
      send(`${url}/webhooks/stripe`, bytesOf(body), { ...headersOf(bytesOf(body), secret), ...headers }),
    graphql: (query, variables) =>
      send(`${url}/graphql`, JSON.stringify({ query, variables }), {
        ...JSON_TYPE,
        authorization: `Bearer ${ADMIN_KEY}`,
      }),
    async stop() {
      await service.stop();
      await db.close();
    },
  };
}

const bytesOf = (body: object | string | Uint8Array): string | Uint8Array<ArrayBuffer> =>
  typeof body === 'string' ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);

const headersOf = (body: string | Uint8Array, secret: string) => ({
  ...JSON_TYPE,
  'stripe-signature': signature(body, { secret }),
});

async function send(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === '' ? undefined : JSON.parse(text) };
}
