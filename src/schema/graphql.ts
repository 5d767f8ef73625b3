import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { FastifyPluginAsync } from 'fastify';
import { GraphQLError } from 'graphql';
import type { ApiKeys, Caller } from '../access/api-keys.js';
import type { Backfills } from '../backfill/backfills.js';
import type { Clock } from '../clock.js';
import type { EndpointRegistry } from '../events/endpoints/endpoint-registry.js';
import type { ReplayEvents } from '../events/replay.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Logger } from '../log.js';
import { authentication } from './authentication.js';
import { createSchema } from './build-schema.js';
import type { GraphqlContext } from './context.js';
import { answerBrowsers, ideAssets } from './ide.js';
import { LIMITS, limitRequests } from './limits.js';
import { createLoaders } from './loaders/loaders.js';
import { refusals } from './refusals.js';
import { createErrorTranslator, isUnavailable } from './translate-error.js';

export interface GraphqlDependencies {
  /** A fork of its own for every call. */
  readonly em: () => EntityManager;
  readonly ledger: Ledger;
  readonly replayEvents: ReplayEvents;
  readonly endpoints: EndpointRegistry;
  readonly backfills: Backfills;
  readonly apiKeys: Pick<ApiKeys, 'authenticate'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether `GET /graphql` answers a browser with the IDE. */
  readonly ide: boolean;
}

/** Mounts `/graphql` in a scope of its own. */
export function createGraphql(dependencies: GraphqlDependencies): FastifyPluginAsync {
  const translate = createErrorTranslator(dependencies.log);
  const apollo = new ApolloServer<GraphqlContext>({
    schema: createSchema(),
    formatError: translate,
    plugins: [refuseSubscriptions, limitRequests, answerUnavailable, ...disabled],
    logger: dependencies.log,
    nodeEnv: 'production',
    introspection: true,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxLexicalTokens: LIMITS.tokens },
  });
  return async (scope) => {
    await apollo.start();
    scope.addHook('onClose', () => apollo.stop());
    const { onRequest, callerOf } = authentication(dependencies.apiKeys);
    refusals(scope, translate);
    if (dependencies.ide) await scope.register(ideAssets);
    scope.route({
      method: ['GET', 'POST'],
      url: '/graphql',
      onRequest: dependencies.ide ? [answerBrowsers, onRequest] : onRequest,
      handler: fastifyApolloHandler(apollo, { context: async (request) => contextOf(dependencies, callerOf(request)) }),
    });
  };
}

function contextOf(dependencies: GraphqlDependencies, caller: Caller): GraphqlContext {
  const { em, ledger, replayEvents, endpoints, backfills, clock } = dependencies;
  return { caller, em, ledger, replayEvents, endpoints, backfills, clock, loaders: createLoaders(em) };
}

const refuseSubscriptions: ApolloServerPlugin = {
  async requestDidStart() {
    return { didResolveOperation: async (request) => assertNoSubscription(request) };
  },
};

/** The schema has none. GraphQL would find that out only while it runs one, and report it as a failure of ours. */
function assertNoSubscription({ operation }: GraphQLRequestContext<object>): void {
  if (operation?.operation !== 'subscription') return;
  throw new GraphQLError('There are no subscriptions here; ask again by a query.', {
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  });
}

/** To a client, 503 means that asking again is right. */
const answerUnavailable: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors, response }) {
        if (errors.some(isUnavailable)) response.http.status = 503;
      },
    };
  },
};

/** Apollo would report to its vendor where the environment holds a key of theirs. */
const disabled = [
  ApolloServerPluginCacheControlDisabled(),
  ApolloServerPluginLandingPageDisabled(),
  ApolloServerPluginSchemaReportingDisabled(),
  ApolloServerPluginUsageReportingDisabled(),
];
