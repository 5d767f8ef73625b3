import { createServer, type RequestListener, type Server } from 'node:http';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyPluginAsync, FastifyPluginCallback } from 'fastify';
import { createReceiver, type Receiver, WEBHOOK_PATH, webhookRoute } from './events/receive.js';
import type { WebhookDependencies } from './events/receive.js';
import { endConnectionsWhenClosing } from './http/closing.js';
import { createErrorAnswers, sendAnswer, sendError } from './http/error-handler.js';
import { healthRoutes } from './http/health.js';
import type { ReadinessCheck } from './http/health.js';
import { answerMalformed } from './http/malformed.js';
import { metricsRoute } from './http/metrics.js';
import type { ApiKeys, Metrics } from './http/metrics.js';
import { refuseWhatNoRouteTakes } from './http/not-found.js';
import type { Logger } from './log.js';

/** What Stripe and other services talk to. */
export interface Outside {
  readonly webhook: Omit<WebhookDependencies, 'onAnswer' | 'toErrorAnswer'>;
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
const TIMEOUTS = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 72_000,
};
const CONNECTION_TIMEOUT_MS = 60_000;

/** The whole of HTTP. It opens nothing and does not listen; closing it waits for the requests that are under way. */
export function createApp(dependencies: AppDependencies): FastifyInstance {
  const { log, apiKeys, metrics, outside } = dependencies;
  const toErrorAnswer = createErrorAnswers(log);
  const receiver =
    outside === null ? null : createReceiver({ ...outside.webhook, onAnswer: metrics.countPost, toErrorAnswer });
  const app = fastify({
    serverFactory: (others) => openDoors(receiver, others),
    trustProxy: dependencies.trustProxy,
    // What an open connection brings while we stop is answered by its route, and the connection closed after it.
    return503OnClosing: false,
    logger: false,
    clientErrorHandler: answerMalformed,
    frameworkErrors: (_error, _request, reply) => void sendError(reply, 'BAD_REQUEST', 'The address cannot be read.'),
  });
  endConnectionsWhenClosing(app);
  app.setErrorHandler((error, _request, reply) => sendAnswer(reply, toErrorAnswer(error)));
  refuseWhatNoRouteTakes(app);
  void app.register(healthRoutes({ checks: dependencies.readiness, log }));
  void app.register(metricsRoute(metrics, apiKeys));
  if (outside === null || receiver === null) return app;
  void app.register(webhookRoute(receiver));
  void app.register(outside.graphql);
  return app;
}

/** Posts of Stripe's go past fastify, whose hooks and routing take a fortieth of the time that a lone one takes. */
function openDoors(receiver: Receiver | null, others: RequestListener): Server {
  const server = createServer(TIMEOUTS, (request, response) => {
    const isPost = request.url === WEBHOOK_PATH && request.method === 'POST';
    if (isPost && receiver !== null) receiver.receive(request, response);
    else others(request, response);
  });
  return server.setTimeout(CONNECTION_TIMEOUT_MS);
}
