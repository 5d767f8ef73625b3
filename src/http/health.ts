import type { FastifyPluginCallback } from 'fastify';
import type { Logger } from '../log.js';

/** Returns when this part of the service can work, throws when not. */
export type ReadinessCheck = () => Promise<void>;

export interface HealthDependencies {
  /** By what they check: `database`, `migrations`, `workers`. */
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  readonly log: Logger;
}

const PATIENCE_MS = 2_000;

/** `/healthz`: the process answers. `/readyz`: every part that it needs does too, else 503 and which does not. */
export const healthRoutes =
  ({ checks, log }: HealthDependencies): FastifyPluginCallback =>
  (scope, _options, done) => {
    scope.get('/healthz', async () => ({ status: 'ok' }));
    scope.get('/readyz', async (_request, reply) => {
      const parts = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => [name, await isReady(name, check, log)] as const),
      );
      const ready = parts.every(([, isOk]) => isOk);
      return reply.code(ready ? 200 : 503).send({ ready, checks: Object.fromEntries(parts) });
    });
    done();
  };

/** The reason goes to the log and not to a stranger. */
async function isReady(name: string, check: ReadinessCheck, log: Logger): Promise<boolean> {
  try {
    await within(PATIENCE_MS, check());
    return true;
  } catch (error) {
    log.warn({ err: error, check: name }, 'The service is not ready');
    return false;
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${milliseconds} ms.`)), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
