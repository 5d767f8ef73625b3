import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { CallerError } from '../errors.js';
import { isDatabaseAway, isUnanswered } from '../database/sql-errors.js';
import type { Logger } from '../log.js';

export type TranslateError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/**
 * The only translator of errors to GraphQL. A caller's own mistakes, and what GraphQL itself refuses, are told as they are; all
 * else is masked, and logged under an id that the answer carries.
 */
export function createErrorTranslator(log: Logger): TranslateError {
  return (formatted, error) => {
    const cause = causeOf(error);
    if (cause instanceof CallerError) return { ...formatted, message: cause.message, extensions: { code: cause.code } };
    if (isToldByGraphql(cause, formatted)) return formatted;
    if (isUnparsable(formatted)) return { ...formatted, message: 'The document nests too deep to be read.' };
    const logId = randomUUID();
    log.error({ err: cause, logId, path: formatted.path }, 'A GraphQL request failed');
    return { ...formatted, ...maskOf(error), extensions: { ...maskOf(error).extensions, logId } };
  };
}

/** True where asking again later is all that a caller can do: HTTP says 503 then. */
export function isUnavailable(error: unknown): boolean {
  for (let cause = causeOf(error); cause instanceof Error; cause = cause.cause)
    if (isDatabaseAway(cause) || isUnanswered(cause)) return true;
  return false;
}

function maskOf(error: unknown): { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> } {
  return isUnavailable(error)
    ? { message: 'The database cannot be reached now; ask again.', extensions: { code: 'UNAVAILABLE' } }
    : { message: 'The service failed. Its log says more under logId.', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
}

/** What a resolver threw, out of the wrapping that says where. */
function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined ? causeOf(error.originalError) : error;
}

/** Where the parser throws anything but a syntax error, its stack was at its end. */
const isUnparsable = ({ extensions }: GraphQLFormattedError): boolean =>
  extensions?.['code'] === 'GRAPHQL_PARSE_FAILED';

function isToldByGraphql(cause: unknown, { extensions }: GraphQLFormattedError): boolean {
  return cause instanceof GraphQLError && extensions?.['code'] !== 'INTERNAL_SERVER_ERROR';
}
