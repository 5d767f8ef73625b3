const LONGEST = 2_000;

/** Keys, tokens and passwords as they look; a handler's message may repeat what it was given. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b(?:sk|rk|pk|whsec|ek)_[A-Za-z0-9_+/=-]{6,}/g, '[secret]'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [secret]'],
  [/:\/\/[^\s/@]*:[^\s/@]*@/g, '://[secret]@'],
];

/**
 * The text of `delivery.last_error`: the error's code and message and, if it adds something, its cause's, without what looks
 * like a secret, at most 2,000 characters. Of a database's error only the server's own sentence is kept: the driver's message
 * repeats the statement with its values.
 */
export function toLastError(error: unknown): string {
  const own = sentenceOf(error);
  const cause = error instanceof Error && error.cause !== undefined ? sentenceOf(error.cause) : '';
  const text = cause === '' || own.includes(cause) ? own : `${own} (${cause})`;
  const clean = SECRETS.reduce((sofar, [pattern, replacement]) => sofar.replace(pattern, replacement), text.replaceAll('\0', ''));
  return clean.toWellFormed().slice(0, LONGEST);
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : 'Something that is not an Error was thrown.';
  const { code } = error as { code?: unknown };
  const message = serverSentence(error) ?? (error.message || error.name);
  return typeof code === 'string' && !message.includes(code) ? `${code}: ${message}` : message;
}

/** MikroORM wraps the driver's error, and puts the statement and its parameters before the server's words. */
function serverSentence(error: Error): string | undefined {
  const { sqlMessage, routine, severity, cause } = error as { sqlMessage?: unknown; routine?: unknown; severity?: unknown; cause?: unknown };
  if (typeof sqlMessage === 'string') return sqlMessage;
  if (routine === undefined && severity === undefined) return undefined;
  const original = cause instanceof Error ? cause.message : error.message;
  return original.slice(original.lastIndexOf('\n') + 1).replace(/^.* - /, '');
}
