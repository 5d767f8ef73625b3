import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { createBackfills } from '../../src/backfill/backfills.js';
import { systemClock, type Clock } from '../../src/clock.js';
import { ApiKeyScope } from '../../src/entities/states.js';
import { createAnnouncer } from '../../src/events/announcer.js';
import { createEndpointRegistry } from '../../src/events/endpoints/endpoint-registry.js';
import { ensurePartitions } from '../../src/events/partitions.js';
import { createReplay, type ReplayJobs } from '../../src/events/replay.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { createLogger } from '../../src/log.js';
import { createGraphql, type GraphqlDependencies } from '../../src/schema/graphql.js';
import type { TestDatabase } from './database.js';

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: any; // oxlint-disable-line typescript/no-explicit-any -- a test says what it expects of it
  readonly errors:
    | readonly {
        readonly message: string;
        readonly path?: readonly string[];
        readonly extensions: Readonly<Record<string, string>>;
      }[]
    | undefined;
  /** Of its first error. */
  readonly code: string | undefined;
}

export interface GraphqlService {
  readonly url: string;
  /** Asks with the key of this scope; admin where it is left out. */
  ask(query: string, variables?: Readonly<Record<string, unknown>>, scope?: ApiKeyScope): Promise<GraphqlAnswer>;
  request(path: string, init?: RequestInit): Promise<GraphqlAnswer>;
  /** What was logged, a line each. */
  readonly logged: string[];
  close(): Promise<void>;
}

export const noJobs: ReplayJobs = {
  wakeEvents: async () => {},
  sendDeliveries: async () => {},
  sendSignal: async () => {},
  hasDeliveryQueue: async () => false,
};

export const keyOf = (scope: ApiKeyScope) => `key-of-${scope}`;

/** `/graphql` alone over real HTTP, with the real ledger and no workers. A key of each scope is named after it. */
export async function serveGraphql(
  db: TestDatabase,
  overrides: Partial<GraphqlDependencies> & { clock?: Clock } = {},
): Promise<GraphqlService> {
  await ensurePartitions(db.sql, { months: 1 });
  const logged: string[] = [];
  const clock = overrides.clock ?? systemClock;
  const scopes = new Map(
    Object.values(ApiKeyScope).map((scope) => [keyOf(scope), { name: `the ${scope} key`, scope }]),
  );
  const app = fastify();
  await app.register(
    createGraphql({
      em: () => db.em(),
      ledger: createLedger({ em: db.orm.em, announcer: createAnnouncer(noJobs, null), clock }),
      replayEvents: createReplay(db.em(), noJobs),
      endpoints: createEndpointRegistry({ em: () => db.em(), clock, allowPrivate: false }),
      backfills: createBackfills({
        em: db.orm.em,
        announcer: createAnnouncer(noJobs, null),
        clock,
        send: async () => {},
      }),
      apiKeys: { authenticate: async (bearer) => scopes.get(bearer) },
      clock,
      log: createLogger('warn', { write: (line: string) => void logged.push(line) }),
      ide: false,
      ...overrides,
    }),
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const request = async (path: string, init?: RequestInit) => toAnswer(await fetch(`${url}${path}`, init));
  return {
    url,
    logged,
    request,
    ask: (query, variables, scope = ApiKeyScope.admin) =>
      request('/graphql', {
        method: 'POST',
        body: JSON.stringify({ query, variables }),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${keyOf(scope)}` },
      }),
    close: () => app.close(),
  };
}

async function toAnswer(response: Response): Promise<GraphqlAnswer> {
  const { status, headers } = response;
  const { data, errors } = (await response.json()) as Pick<GraphqlAnswer, 'data' | 'errors'>;
  return { status, headers, data, errors, code: errors?.[0]?.extensions['code'] };
}
