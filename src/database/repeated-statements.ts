import { hash } from 'node:crypto';
import type { ClientBase } from 'pg';

/** A connection keeps the plans of this many statements. */
const MOST = 200;
/** What PostgreSQL says where a prepared statement would answer other columns than when it was planned: a migration went by. */
const RESULT_CHANGED = '0A000';

/**
 * Prepares each statement that a connection is given a second time, so that PostgreSQL plans it once: for a batch of one or two events
 * planning takes several times as long as the work. Only for pools whose statements are few and the same for any number of
 * rows. Neither the ORM's query builder nor pg-boss can name a statement.
 */
export function prepareRepeated(client: ClientBase): void {
  /** Text to the name that it is prepared by; null where it is not. */
  const names = new Map<string, string | null>();
  const nameOf = (text: string): string | null => {
    const known = names.get(text);
    if (known === undefined && names.size >= MOST) return null;
    if (known === undefined) names.set(text, '');
    else if (known === '') names.set(text, hash('sha256', text, 'base64url'));
    return known === undefined ? null : (names.get(text) ?? null);
  };
  const original = client.query.bind(client) as (...parts: unknown[]) => unknown;
  const query = (...parts: unknown[]): unknown => {
    const [text, values, callback] = parts;
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : null;
    if (name === null) return original(...parts);
    const forgetIfStale = (error: unknown): void => {
      if ((error as { code?: unknown } | null)?.code === RESULT_CHANGED) names.set(text as string, null);
    };
    if (typeof callback === 'function') {
      return original({ name, text, values }, (error: unknown, result: unknown) => {
        forgetIfStale(error);
        callback(error, result);
      });
    }
    return (original({ name, text, values }) as Promise<unknown>).catch((error: unknown) => {
      forgetIfStale(error);
      throw error;
    });
  };
  client.query = query as ClientBase['query'];
}
