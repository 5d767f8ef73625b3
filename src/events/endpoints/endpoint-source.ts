import type { EntityManager } from '@mikro-orm/postgresql';
import { type AnyEvent, type HandlerContext, patternCovers, type RegisteredHandler } from '@renewal-ledger/sdk';
import type { Clock } from '../../clock.js';
import { HandlerEndpoint } from '../../entities/handler-endpoint.entity.js';
import type { ChangingSource } from '../handler-source.js';
import type { EndpointClient } from './endpoint-client.js';
import { outcomeOf } from './endpoint-outcome.js';
import { signedHeaders } from './endpoint-signature.js';

export interface EndpointSourceDeps {
  readonly em: EntityManager;
  readonly client: Pick<EndpointClient, 'post'>;
  readonly clock: Clock;
}

export const ENDPOINT_PREFIX = 'endpoint:';

/** Longer than `receive` gives the handlers behind an endpoint, so that it is they who say that their time is up. */
const OPTIONS = { timeoutSeconds: 30, concurrency: 4 } as const;

/** The enabled endpoints as handlers, `endpoint:<name>`. */
export function createEndpointSource(deps: EndpointSourceDeps): ChangingSource {
  let current: readonly RegisteredHandler[] = [];
  return {
    handlers: () => current,
    handlersFor(type) {
      const covering = current.filter(({ pattern }) => patternCovers(pattern, type));
      return [...new Map(covering.map((handler) => [handler.name, handler])).values()];
    },
    async read() {
      const endpoints = await deps.em
        .fork()
        .find(HandlerEndpoint, { enabled: true }, { fields: ['name', 'eventTypes'] });
      return endpoints.flatMap(({ name, eventTypes }) => eventTypes.map((pattern) => toHandler(deps, name, pattern)));
    },
    take(handlers) {
      current = handlers;
    },
  };
}

function toHandler(deps: EndpointSourceDeps, endpoint: string, pattern: string): RegisteredHandler {
  const run = (event: AnyEvent, ctx: HandlerContext) => deliver(deps, endpoint, { event, ctx });
  return { name: ENDPOINT_PREFIX + endpoint, pattern, options: OPTIONS, run };
}

/** Reads the endpoint anew for each try: a new address or secret counts at once. */
async function deliver(
  { em, client, clock }: EndpointSourceDeps,
  name: string,
  { event, ctx }: { readonly event: AnyEvent; readonly ctx: HandlerContext },
) {
  const endpoint = await em.fork().findOne(HandlerEndpoint, { name, enabled: true });
  if (endpoint === null) throw new Error(`The endpoint ${name} has been removed or disabled.`);
  const body = JSON.stringify(event);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'renewal-ledger',
    'ledger-try': String(ctx.tries),
    ...signedHeaders(endpoint, { id: ctx.deliveryKey, body, at: clock.now() }),
  };
  const answer = await client.post({ url: endpoint.url, headers, body, signal: ctx.signal });
  return outcomeOf(answer, ctx, clock.now());
}
