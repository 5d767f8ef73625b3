import type { HandlerMap } from '@renewal-ledger/sdk';
import type { Transaction } from '../database/transaction.js';
import type { ReadEvent } from '../events/fact-recorder.js';
import { createFactRecorder, type RecorderOptions } from '../ledger/record-facts.js';
import { type Mention, readEvent } from '../ledger/read-events.js';
import { lockScope, type Scope, type ScopeKeys } from '../ledger/scope.js';
import type { Logger } from '../log.js';
import { findEventsWithoutFacts, readEventFacts } from './missing-facts.js';

export interface Derivation {
  readonly isChanged: boolean;
  /** Checkout intents beside the scope's that the events touch, as they were before. */
  readonly others: readonly Scope[];
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
  const others: Scope[] = [];
  for (let start = 0; start < ids.length; start += EVENTS_AT_ONCE) {
    const { read, failures: unread } = await readEventFacts(tx, ids.slice(start, start + EVENTS_AT_ONCE), reading);
    for (const [id, failure] of unread) failures.set(id, failure);
    const strange = mentionsOutside(scope, read);
    if (strange.length > 0) others.push(await lockScope(tx, keysOf(strange)));
    for (const [id, outcome] of await record(tx, read)) if (outcome.state === 'FAILED') failures.set(id, outcome.error);
  }
  return { isChanged: ids.length > 0, others, failures };
}

/** Whom the events name beside the scope's own intents: a customer may have several. */
function mentionsOutside(scope: Scope, read: readonly ReadEvent[]): Mention[] {
  const intents = new Set(scope.intents.flatMap(({ id, uuid }) => [id, uuid]));
  const subscriptions = new Set([
    ...scope.subscriptions.map(({ id }) => id),
    ...scope.renewals.map(({ givenSubscriptionId }) => givenSubscriptionId),
  ]);
  return read.flatMap(mentionsOf).filter(({ namedIntentUuid, namedIntentId, subscriptionId }) => {
    const named = namedIntentUuid ?? namedIntentId;
    return named === null ? !subscriptions.has(subscriptionId) : !intents.has(named);
  });
}

/** Of one that cannot be read the recorder says why. */
function mentionsOf(event: ReadEvent): readonly Mention[] {
  try {
    return readEvent(event).mentions;
  } catch {
    return [];
  }
}

const keysOf = (mentions: readonly Mention[]): ScopeKeys => ({
  names: mentions,
  subscriptionIds: [...new Set(mentions.flatMap(({ subscriptionId }) => subscriptionId ?? []))],
});
