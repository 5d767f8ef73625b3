import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { LedgerError } from '../errors.js';
import type { Logger } from '../log.js';

/** The HTTP status of every error code that a route of ours raises; the webhook's are in DESIGN.md, "Outside". */
const STATUSES: Readonly<Record<string, number>> = {
  SIGNATURE_MISSING: 400,
  SIGNATURE_EXPIRED: 400,
  SIGNATURE_INVALID: 400,
  PAYLOAD_INVALID: 400,
  BAD_REQUEST: 400,
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  PAYLOAD_TOO_LARGE: 413,
  NOT_STORED: 503,
  NOT_HANDLED: 503,
  UNAVAILABLE: 503,
};

/** Every answer of HTTP that is no success, except GraphQL's. */
export interface ErrorAnswer {
  readonly status: number;
  /** As JSON. */
  readonly body: string;
}

function errorAnswer(code: string, message: string): ErrorAnswer {
  return { status: STATUSES[code] ?? 503, body: JSON.stringify({ error: { code, message } }) };
}

export function sendError(reply: FastifyReply, code: string, message: string): FastifyReply {
  return sendAnswer(reply, errorAnswer(code, message));
}

export function sendAnswer(reply: FastifyReply, { status, body }: ErrorAnswer): FastifyReply {
  return reply.code(status).type('application/json').send(body);
}

/**
 * The only translator of errors to an HTTP status. What nobody foresaw is 503, not 500: to a client it means that asking
 * again is right, and its answer names the line of the log that says more.
 */
export function createErrorAnswers(log: Logger): (error: unknown) => ErrorAnswer {
  return (error) => {
    if (error instanceof LedgerError && error.code in STATUSES) return errorAnswer(error.code, error.message);
    const status = statusOf(error);
    if (error instanceof Error && status !== undefined && status >= 400 && status < 500) {
      return errorAnswer(status === 413 ? 'PAYLOAD_TOO_LARGE' : 'BAD_REQUEST', error.message);
    }
    const logId = randomUUID();
    log.error({ err: error, logId }, 'A request failed');
    return errorAnswer('UNAVAILABLE', `The service cannot answer now; ask again. Its log says more under ${logId}.`);
  };
}

function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}
