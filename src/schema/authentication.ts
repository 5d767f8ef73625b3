import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ApiKeys, Caller } from '../access/api-keys.js';
import { UnauthenticatedError } from '../errors.js';

/** Every request shows its API key, before its body is read. */
export function authentication(apiKeys: Pick<ApiKeys, 'authenticate'>): {
  onRequest: onRequestAsyncHookHandler;
  callerOf(request: FastifyRequest): Caller;
} {
  const callers = new WeakMap<FastifyRequest, Caller>();
  return {
    async onRequest(request) {
      const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const caller = bearer === undefined ? undefined : await apiKeys.authenticate(bearer);
      if (caller === undefined)
        throw new UnauthenticatedError('Send an API key that counts: Authorization: Bearer <key>.');
      callers.set(request, caller);
    },
    callerOf(request) {
      const caller = callers.get(request);
      if (caller === undefined) throw new TypeError('This request was never authenticated.');
      return caller;
    },
  };
}
