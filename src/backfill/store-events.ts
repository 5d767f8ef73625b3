import type { EntityManager } from '@mikro-orm/postgresql';
import type { HandlerMap } from '@renewal-ledger/sdk';
import type { Clock } from '../clock.js';
import { inTransaction, preferIndexes, type Transaction } from '../database/transaction.js';
import { EventState } from '../entities/states.js';
import { type DeliveryMark, upsertMarks } from '../events/deliveries.js';
import { doneMark, waitingMark } from '../events/delivery-marks.js';
import { readFacts } from '../events/fact-reading.js';
import type { ReadEvent } from '../events/fact-recorder.js';
import { insertionOf } from '../events/insert-events.js';
import type { JobSender } from '../events/jobs.js';
import type { NewEvent } from '../events/new-event.js';
import { isDatabaseAway, isPassing } from '../database/sql-errors.js';
import type { StoredEvent } from '../events/stored-event.js';
import type { StoreOutcome } from '../events/writer.js';
import type { Announcer } from '../ledger/announcer.js';
import type { Fact } from '../ledger/fact.js';
import { createFactRecorder } from '../ledger/record-facts.js';
import { holdBackReports } from '../ledger/reporting.js';
import type { Logger } from '../log.js';
import type { BackfillRecordRow } from './results.js';

export interface StoreOptions {
  readonly em: EntityManager;
  /** The one that webhooks are stored by. */
  readonly writer: { write(event: NewEvent): Promise<StoreOutcome> };
  readonly jobs: Pick<JobSender, 'wakeEvents'>;
  readonly factHandlers: HandlerMap;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Stores events as if they had been delivered, and answers the ids of those that are new. */
export async function storeAll(
  { writer }: Pick<StoreOptions, 'writer'>,
  events: readonly NewEvent[],
): Promise<ReadonlySet<string>> {
  const outcomes = await Promise.all(events.map(async (event) => [event.id, await writer.write(event)] as const));
  return new Set(outcomes.flatMap(([id, outcome]) => (outcome === 'STORED' ? [id] : [])));
}

/** What a run tells of an event that it stored. */
export const toStoredRow = (recordId: string, reason: string): BackfillRecordRow => ({
  recordId,
  changes: { stored: [false, true] },
  code: null,
  reason,
});

/** Those of the ids that no event has. */
export async function missingOf(tx: Transaction, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string }>(
    'select id from unnest($1::text[]) v(id) where not exists (select from event e where e.id = v.id)',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * The same as `storeAll`, but what their facts give rise to is held back: the facts are recorded in the transaction that stores the events, before any
 * worker can see them. Of a page that its rows make fail each half is stored alone; an event whose own facts are refused is
 * stored without them, and its delivery says why.
 */
export async function storeHeldBack(options: StoreOptions, events: readonly NewEvent[]): Promise<ReadonlySet<string>> {
  try {
    return await inTransaction(options.em, (tx) => insertHeldBack(tx, options, events));
  } catch (error) {
    if (isPassing(error) || isDatabaseAway(error)) throw error;
    if (events.length === 1) return storeAll(options, events);
    const middle = Math.ceil(events.length / 2);
    const first = await storeHeldBack(options, events.slice(0, middle));
    return new Set([...first, ...(await storeHeldBack(options, events.slice(middle)))]);
  }
}

async function insertHeldBack(
  tx: Transaction,
  options: StoreOptions,
  events: readonly NewEvent[],
): Promise<ReadonlySet<string>> {
  await preferIndexes(tx);
  const sorted = events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const { text, values } = insertionOf(sorted);
  const rows = await tx.query<{ id: string }>(text, values);
  const stored = new Set(rows.map(({ id }) => id));
  const pending = sorted.filter(({ id, state }) => stored.has(id) && state === EventState.PENDING);
  const receivedAt = options.clock.now().toISOString();
  await recordFactsOf(
    tx,
    pending.map(({ id, type, body }) => ({ id, type, receivedAt, body: body.toString() })),
    { ...options, announce: false },
  );
  await options.jobs.wakeEvents(tx.query, pending);
  return stored;
}

const invoicesOf = ({ facts }: ReadEvent): string[] =>
  (facts as readonly Fact[]).flatMap((fact) => (fact.kind === 'invoice' ? (fact.invoice.id ?? []) : []));

/**
 * Records the facts of events that this transaction has stored, and marks their fact handlers' deliveries. One that cannot be read is left
 * to its delivery. Answers why, by id.
 */
export async function recordFactsOf(
  tx: Transaction,
  events: readonly StoredEvent[],
  options: Pick<StoreOptions, 'factHandlers' | 'announcer' | 'clock' | 'log'> & { readonly announce: boolean },
): Promise<ReadonlyMap<string, unknown>> {
  const { factHandlers } = options;
  const failed = new Map<string, unknown>();
  const read: ReadEvent[] = [];
  for (const event of events) {
    const runs = factHandlers.handlersFor(event.type).map((handler) => ({ handler, tries: 1 }));
    const reading = await readFacts(event, runs, options.log);
    if (reading.read !== null) read.push(reading.read);
    for (const failure of reading.failures.values()) failed.set(event.id, failure);
  }
  const outcomes = await createFactRecorder(options)(tx, read);
  if (!options.announce) await holdBackReports(tx, read.flatMap(invoicesOf), options);
  const marks = events.flatMap(({ id, type }): DeliveryMark[] => {
    const outcome = outcomes.get(id) ?? { state: 'DONE' };
    if (outcome.state === 'FAILED') failed.set(id, outcome.error);
    if (failed.has(id)) return [];
    const isWaiting = outcome.state === 'WAITING';
    const mark = isWaiting ? waitingMark(outcome.waitingFor, 1, { state: 'PENDING', waitingFor: null }) : doneMark(1);
    return factHandlers.handlersFor(type).map(({ name }) => ({ eventId: id, handler: name, signals: 0, ...mark }));
  });
  await upsertMarks(tx, marks);
  return failed;
}
