import type { FastifyInstance, HTTPMethods } from 'fastify';
import { sendError } from './error-handler.js';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Answers for what no route takes, before its body is read: 405 with the methods that the path has, else 404. */
export function refuseWhatNoRouteTakes(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, next) => {
    if (!request.is404) return next();
    const url = request.url.split('?', 1)[0] ?? '';
    const allowed = METHODS.filter((method) => app.hasRoute({ method, url }));
    if (allowed.length === 0) return sendError(reply, 'NOT_FOUND', 'There is nothing here.');
    return sendError(
      reply.header('allow', allowed.join(', ')),
      'METHOD_NOT_ALLOWED',
      `This takes ${allowed.join(' or ')} only.`,
    );
  });
}
