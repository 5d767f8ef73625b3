import type { FastifyInstance } from 'fastify';

/** How long an answer may take once we stop; what is left then is cut off, so that the workers have time to finish too. */
const LAST_ANSWERS_MS = 3_000;
const LOOK_EVERY_MS = 50;

/**
 * Node ends the connections that are idle when the server closes, and waits for all others: those that are kept open after an answer of
 * then, and those on which nothing was ever sent.
 */
export function endConnectionsWhenClosing(app: FastifyInstance): void {
  app.addHook('preClose', (done) => {
    if (app.server.listening) {
      const looking = setInterval(() => app.server.closeIdleConnections(), LOOK_EVERY_MS);
      const late = setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS_MS);
      app.server.once('close', () => {
        clearInterval(looking);
        clearTimeout(late);
      });
    }
    done();
  });
}
