import type { FastifyError, FastifyInstance } from 'fastify';
import { CallerError, UnauthenticatedError } from '../errors.js';
import type { TranslateError } from './translate-error.js';

/** What is refused before GraphQL sees it is answered in GraphQL's form too: no key, a body that cannot be read, the database away. */
export function refusals(scope: FastifyInstance, translate: TranslateError): void {
  scope.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = statusOf(error);
    const isTold = status < 500 && !(error instanceof CallerError);
    const told = isTold
      ? { message: error.message, extensions: { code: 'BAD_REQUEST' } }
      : translate({ message: '' }, error);
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    return reply.code(status).send({ errors: [told] });
  });
  scope.addHook('onSend', async (_request, reply, payload) => {
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    if (reply.statusCode === 500) void reply.code(503);
    return payload;
  });
}

function statusOf(error: FastifyError): number {
  if (error instanceof UnauthenticatedError) return 401;
  const { statusCode } = error;
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? statusCode : 503;
}
