import type { EntityManager } from '@mikro-orm/postgresql';
import type { RegisteredHandler } from '@renewal-ledger/sdk';
import type { Clock } from '../clock.js';
import { commitBehind, inTransaction, preferIndexes, type Transaction } from '../database/transaction.js';
import type { Logger } from '../log.js';
import * as deliveries from './deliveries.js';
import { doneMark, failureMark, type Mark, waitingMark } from './delivery-marks.js';
import type { FactOutcome, ReadEvent, RecordFacts } from './fact-recorder.js';
import { readFacts } from './fact-reading.js';
import type { HandlerSource } from './handler-source.js';
import type { Jobs, WakeUp } from './jobs.js';
import { EVENT_WITH_BODY, STORED_EVENT, type StoredEvent } from './stored-event.js';

export interface EventBatchDeps {
  readonly em: EntityManager;
  readonly jobs: Pick<Jobs, 'wakeEvents' | 'sendDeliveries'>;
  readonly factHandlers: HandlerSource;
  readonly handlers: HandlerSource;
  readonly recordFacts: RecordFacts;
  readonly log: Logger;
  readonly clock: Clock;
}

/** A fact handler that is to run for an event. */
interface FactRun {
  readonly eventId: string;
  readonly handler: RegisteredHandler;
  readonly tries: number;
  readonly before: deliveries.DeliveryRow | undefined;
}

/** What is to be done for one event. */
interface Plan {
  readonly event: StoredEvent;
  readonly factRuns: readonly FactRun[];
  /** Deliveries of the other handlers that are not there yet. */
  readonly missing: readonly string[];
  /** Deliveries of the other handlers that are there and were never run, or are to be run again. */
  readonly due: readonly string[];
}

/** `replayedFor` as in the entity: null where deliveries of all handlers are added. */
type PlannedEvent = StoredEvent & { readonly replayedFor: readonly string[] | null };

type ReadMarks = (plans: readonly Plan[]) => Promise<deliveries.DeliveryMark[]>;

/**
 * Handles a batch of events in one transaction: reads their facts, has them recorded, marks the fact handlers' deliveries, adds those of
 * the other handlers with their jobs, and recomputes the events' states. Called again with events that are handled it does nothing.
 */
export async function handleBatch(deps: EventBatchDeps, batch: readonly WakeUp[]): Promise<void> {
  await inTransaction(deps.em, (tx) => handle(deps, { tx, batch, marksOf: (plans) => runFacts(deps, tx, plans) }));
}

/** What is left for an event whose facts the database refuses, alone: its fact handlers have failed by that. */
export async function failAlone(deps: EventBatchDeps, event: WakeUp, error: unknown): Promise<void> {
  const marksOf: ReadMarks = (plans) =>
    Promise.resolve(plans.flatMap((plan) => marksFor(plan, (run) => failed(deps, run, error))));
  await inTransaction(deps.em, (tx) => handle(deps, { tx, batch: [event], marksOf }));
}

interface Work {
  readonly tx: Transaction;
  readonly batch: readonly WakeUp[];
  readonly marksOf: ReadMarks;
}

async function handle(deps: EventBatchDeps, { tx, batch, marksOf }: Work): Promise<void> {
  const [, , plans] = await Promise.all([
    preferIndexes(tx),
    commitBehind(tx),
    planBatch(deps, tx, [...new Set(batch.map(({ id }) => id))]),
  ]);
  const ids = plans.map(({ event }) => event.id);
  if (ids.length === 0) return;
  const marks = await marksOf(plans);
  const [, added, written] = await Promise.all([
    deliveries.lockEvents(tx, ids),
    deliveries.insertDeliveries(tx, pairs(plans, 'missing')),
    deliveries.upsertMarks(tx, marks),
    deliveries.recomputeEvents(tx, ids),
  ]);
  await Promise.all([
    deps.jobs.sendDeliveries(tx.query, [...added, ...pairs(plans, 'due')]),
    deps.jobs.wakeEvents(tx.query, nextLooks(batch, marks, written)),
  ]);
}

async function planBatch(
  { factHandlers, handlers }: EventBatchDeps,
  tx: Transaction,
  ids: readonly string[],
): Promise<Plan[]> {
  const [events, known] = await Promise.all([
    tx.query<PlannedEvent>(
      `select ${STORED_EVENT}, to_json(e.replayed_for) as "replayedFor" from ${EVENT_WITH_BODY} where e.id = any($1) and e.state not in ('HANDLED', 'IGNORED') order by e.id`,
      [ids],
    ),
    deliveries.readDeliveries(tx, ids),
  ]);
  const rows = Map.groupBy(known, ({ eventId }) => eventId);
  return events.map((event) => {
    const ofEvent = new Map((rows.get(event.id) ?? []).map((row) => [row.handler, row]));
    const isToBeAdded = (name: string) => event.replayedFor?.includes(name) ?? true;
    const others = handlers.handlersFor(event.type).map(({ name }) => name);
    return {
      event,
      factRuns: factHandlers
        .handlersFor(event.type)
        .map((handler) => ({
          eventId: event.id,
          handler,
          before: ofEvent.get(handler.name),
          tries: (ofEvent.get(handler.name)?.tries ?? 0) + 1,
        }))
        .filter(({ before, handler }) => before?.isDue ?? isToBeAdded(handler.name)),
      missing: others.filter((name) => !ofEvent.has(name) && isToBeAdded(name)),
      due: others.filter((name) => ofEvent.get(name)?.state === 'PENDING' && ofEvent.get(name)?.isDue),
    };
  });
}

async function runFacts(
  deps: EventBatchDeps,
  tx: Transaction,
  plans: readonly Plan[],
): Promise<deliveries.DeliveryMark[]> {
  const failures = new Map<Plan, ReadonlyMap<string, unknown>>();
  const reads: ReadEvent[] = [];
  for (const plan of plans.filter(({ factRuns }) => factRuns.length > 0)) {
    const reading = await readFacts(plan.event, plan.factRuns, deps.log);
    failures.set(plan, reading.failures);
    if (reading.read !== null) reads.push(reading.read);
  }
  const outcomes = reads.length > 0 ? await deps.recordFacts(tx, reads) : new Map<string, FactOutcome>();
  return plans.flatMap((plan) =>
    marksFor(plan, (run) => {
      const failure = failures.get(plan);
      if (failure?.has(run.handler.name)) return failed(deps, run, failure.get(run.handler.name));
      return markOf(deps, run, outcomes.get(plan.event.id));
    }),
  );
}

function marksFor({ factRuns }: Plan, mark: (run: FactRun) => Mark): deliveries.DeliveryMark[] {
  return factRuns.map((run) => ({
    eventId: run.eventId,
    handler: run.handler.name,
    signals: run.before?.signals ?? 0,
    ...mark(run),
  }));
}

function markOf(deps: EventBatchDeps, run: FactRun, outcome: FactOutcome = { state: 'DONE' }): Mark {
  if (outcome.state === 'FAILED') return failed(deps, run, outcome.error);
  if (outcome.state === 'DONE') return doneMark(run.tries);
  return waitingMark(outcome.waitingFor, run.tries, run.before ?? { state: 'PENDING', waitingFor: null });
}

function failed({ clock, log }: EventBatchDeps, { eventId, handler, tries }: FactRun, error: unknown): Mark {
  const mark = failureMark({ error, tries, options: handler.options, now: clock.now() });
  log.warn(
    { event: eventId, handler: handler.name, tries, state: mark.state, error: mark.lastError },
    'A fact handler failed',
  );
  return mark;
}

function pairs(plans: readonly Plan[], which: 'missing' | 'due'): { eventId: string; handler: string }[] {
  return plans.flatMap((plan) => plan[which].map((handler) => ({ eventId: plan.event.id, handler })));
}

/** One wake-up for each event of which a mark that was written is to be looked at again, when the first of them is due. */
function nextLooks(
  batch: readonly WakeUp[],
  marks: readonly deliveries.DeliveryMark[],
  written: readonly { eventId: string; handler: string }[],
): WakeUp[] {
  const isWritten = new Set(written.map(({ eventId, handler }) => `${eventId} ${handler}`));
  const soonest = new Map<string, number>();
  for (const { eventId, handler, state, nextTrySeconds } of marks) {
    if (nextTrySeconds === null || !isWritten.has(`${eventId} ${handler}`)) continue;
    if (state === 'WAITING' && nextTrySeconds > 0) continue; // the sweep's
    soonest.set(eventId, Math.min(nextTrySeconds, soonest.get(eventId) ?? Infinity));
  }
  const lanes = new Map(batch.map(({ id, lane }) => [id, lane]));
  return [...soonest].map(([id, startAfterSeconds]) => ({ id, lane: lanes.get(id) ?? id, startAfterSeconds }));
}
