import type { FastifyPluginCallback } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { UnauthenticatedError } from '../errors.js';

/** Answers who holds an API key; undefined where it counts for nobody. */
export interface ApiKeys {
  authenticate(bearer: string): Promise<{ readonly name: string; readonly scope: string } | undefined>;
}

export interface Metrics {
  /** Other parts put their own metrics here. */
  readonly registry: Registry;
  readonly countPost: (answer: string) => void;
}

/** A registry per service, so that two in one process count apart. */
export function createMetrics(queuedEvents: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const posts = new Counter({
    name: 'renewal_ledger_webhook_posts_total',
    help: 'Posts to the webhook by answer: STORED, DUPLICATE, or the code of the refusal.',
    labelNames: ['answer'],
    registers: [registry],
  });
  const queue = new Gauge({
    name: 'renewal_ledger_writer_queue_events',
    help: 'Events that wait to be stored.',
    registers: [],
    collect() {
      this.set(queuedEvents());
    },
  });
  registry.registerMetric(queue);
  return { registry, countPost: (answer) => posts.inc({ answer }) };
}

/** `/metrics` for Prometheus. It needs an API key of any scope: counts tell a stranger how business goes. */
export const metricsRoute =
  ({ registry }: Metrics, apiKeys: ApiKeys): FastifyPluginCallback =>
  (scope, _options, done) => {
    scope.get('/metrics', async (request, reply) => {
      const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (bearer === undefined || (await apiKeys.authenticate(bearer)) === undefined) {
        throw new UnauthenticatedError('Send an API key of any scope: Authorization: Bearer <key>.');
      }
      return reply.type(registry.contentType).send(await registry.metrics());
    });
    done();
  };
