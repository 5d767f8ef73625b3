import type { HandlerMap } from '@renewal-ledger/sdk';
import type { Transaction } from '../database/transaction.js';
import { createFactRecorder, type RecorderOptions } from '../ledger/record-facts.js';
import type { Scope } from '../ledger/scope.js';
import type { Logger } from '../log.js';
import { findEventsWithoutFacts, readEventFacts } from './missing-facts.js';

export interface Derivation {
  readonly isChanged: boolean;
  /** Events whose facts cannot be derived, with the reason. */
  readonly failures: ReadonlyMap<string, unknown>;
}

/** Bodies are some kilobytes each: so many are held at once. */
const EVENTS_AT_ONCE = 300;

/** Records what the stored events of a scope say and no fact does, in the transaction given. */
export async function deriveFacts(
  tx: Transaction,
  reading: { readonly factHandlers: HandlerMap; readonly log: Logger },
  { scope, recorder }: { readonly scope: Scope; readonly recorder: RecorderOptions },
): Promise<Derivation> {
  const record = createFactRecorder(recorder);
  const ids = await findEventsWithoutFacts(tx, scope);
  const failures = new Map<string, unknown>();
  for (let start = 0; start < ids.length; start += EVENTS_AT_ONCE) {
    const { read, failures: unread } = await readEventFacts(tx, ids.slice(start, start + EVENTS_AT_ONCE), reading);
    for (const [id, failure] of unread) failures.set(id, failure);
    for (const [id, outcome] of await record(tx, read)) if (outcome.state === 'FAILED') failures.set(id, outcome.error);
  }
  return { isChanged: ids.length > 0, failures };
}
