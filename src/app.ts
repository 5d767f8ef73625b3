import { fastify } from 'fastify';
import type { FastifyInstance, FastifyPluginAsync, FastifyPluginCallback } from 'fastify';
import { webhookRoute } from './events/receive.js';
import type { WebhookDependencies } from './events/receive.js';
import { endConnectionsWhenClosing } from './http/closing.js';
import { createErrorHandler, sendError } from './http/error-handler.js';
import { healthRoutes } from './http/health.js';
import type { ReadinessCheck } from './http/health.js';
import { answerMalformed } from './http/malformed.js';
import { metricsRoute } from './http/metrics.js';
import type { ApiKeys, Metrics } from './http/metrics.js';
import { refuseWhatNoRouteTakes } from './http/not-found.js';
import type { Logger } from './log.js';

/** What Stripe and other services talk to. */
export interface Outside {
  readonly webhook: Omit<WebhookDependencies, 'onAnswer'>;
  /** Mounts `/graphql`. */
  readonly graphql: FastifyPluginAsync | FastifyPluginCallback;
}

export interface AppDependencies {
  readonly log: Logger;
  /** Whether X-Forwarded-* of a proxy in front are believed. */
  readonly trustProxy: boolean;
  /** Null in a process that only works: it has health and metrics, and nothing else. */
  readonly outside: Outside | null;
  readonly apiKeys: ApiKeys;
  readonly metrics: Metrics;
  readonly readiness: Readonly<Record<string, ReadinessCheck>>;
}

/** Who sends a request slower than this, or leaves a connection idle, is cut off. */
const TIMEOUTS = { requestTimeout: 30_000, connectionTimeout: 60_000, keepAliveTimeout: 72_000 };

/** The whole of HTTP. It opens nothing and does not listen; closing it waits for the requests that are under way. */
export function createApp(dependencies: AppDependencies): FastifyInstance {
  const { log, apiKeys, metrics, outside } = dependencies;
  const app = fastify({
    ...TIMEOUTS,
    http: { headersTimeout: 15_000, connectionsCheckingInterval: 5_000 },
    trustProxy: dependencies.trustProxy,
    // What an open connection brings while we stop is answered by its route, and the connection closed after it.
    return503OnClosing: false,
    logger: false,
    clientErrorHandler: answerMalformed,
    frameworkErrors: (_error, _request, reply) => void sendError(reply, 'BAD_REQUEST', 'The address cannot be read.'),
  });
  endConnectionsWhenClosing(app);
  app.setErrorHandler(createErrorHandler(log));
  refuseWhatNoRouteTakes(app);
  void app.register(healthRoutes({ checks: dependencies.readiness, log }));
  void app.register(metricsRoute(metrics, apiKeys));
  if (outside === null) return app;
  void app.register(webhookRoute({ ...outside.webhook, onAnswer: metrics.countPost }));
  void app.register(outside.graphql);
  return app;
}
