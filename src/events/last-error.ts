import { isGiveUp, isRetryLater } from '@renewal-ledger/sdk';
import { sentenceOf } from '../log.js';

const LONGEST = 2_000;

/**
 * The text of `delivery.last_error`: the error's code and sentence and, if it adds something, its cause's, without what
 * looks like a secret and without a database's row, at most 2,000 characters.
 */
export function toLastError(error: unknown): string {
  const own = withCode(error);
  const cause = error instanceof Error && error.cause !== undefined ? withCode(error.cause) : '';
  const text = cause === '' || own.includes(cause) ? own : `${own} (${cause})`;
  return text.replaceAll('\0', '').toWellFormed().slice(0, LONGEST);
}

function withCode(error: unknown): string {
  const sentence = sentenceOf(error);
  if (isGiveUp(error) || isRetryLater(error)) return sentence;
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && !sentence.includes(code) ? `${code}: ${sentence}` : sentence;
}
