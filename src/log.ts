import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from './config.js';

export type { Logger };

/** Fields that hold a secret wherever they stand, should one ever be passed. */
const SECRET_FIELDS = ['authorization', 'password', 'secret', 'secrets', 'token', 'apiKey', 'adminApiKey', 'cookie'];
const REDACTED = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]).concat(
  'headers["stripe-signature"]',
  '*.headers["stripe-signature"]',
);

/** What a secret looks like in somebody else's words. */
const SECRETS: readonly (readonly [looks: RegExp, instead: string])[] = [
  [/\b(?:sk|rk|pk|whsec|ek|rlk)_[\w+/=-]{6,}/g, '[secret]'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [secret]'],
  [/:\/\/[^\s/@]*:[^\s/@]*@/g, '://[secret]@'],
];

/** One JSON object per line; readable lines on a terminal. Errors are logged as `err`. */
export function createLogger(level: LogLevel, destination: DestinationStream = defaultDestination()): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: toLoggedError },
      redact: { paths: REDACTED, censor: '[secret]' },
    },
    destination,
  );
}

function defaultDestination(): DestinationStream {
  return process.stdout.isTTY
    ? pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss', sync: true })
    : pino.destination({ dest: 1, sync: true });
}

/** What is thrown may hold anything in its fields, a row of the database too: only these are logged. */
function toLoggedError(error: unknown): object {
  if (!(error instanceof Error)) return { message: sentenceOf(error) };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    ...(code !== undefined && { code }),
    message: sentenceOf(error),
    stack: (error.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    ...(error.cause !== undefined && { cause: toLoggedError(error.cause) }),
  };
}

/**
 * What went wrong, in words that may be shown and kept: without what looks like a secret, and of a database's error only
 * the server's sentence. The lines under it, the ORM's and the server's "detail", hold the row; what it quotes of bad data is a value.
 */
export function sentenceOf(error: unknown): string {
  const text =
    error instanceof Error
      ? ownWords(error)
      : typeof error === 'string'
        ? error
        : 'Something that is not an Error was thrown.';
  return SECRETS.reduce((sofar, [looks, instead]) => sofar.replace(looks, instead), text);
}

function ownWords(error: Error): string {
  const { severity, code } = error as { severity?: unknown; code?: unknown };
  const [sentence = ''] = typeof severity === 'string' ? error.message.split('\n', 1) : [error.message];
  const isBadData = typeof severity === 'string' && String(code).startsWith('22');
  return (isBadData ? sentence.replace(/: ".*$/, '') : sentence) || error.name;
}
