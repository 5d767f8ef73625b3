import type { EmittedEvent } from '../delivery/emitted-event.js';
import { type HandlerOutcome, type HandlerRun, runHandler } from '../delivery/run-handler.js';
import type { AnyEvent } from '../event-types.js';
import type { HandlerLog, ServiceEntityManager } from '../handler-context.js';
import type { HandlerMap, RegisteredHandler } from '../handler-map.js';
import { isWaitFor } from '../outcomes.js';

export type { EmittedEvent } from '../delivery/emitted-event.js';
export type { HandlerOutcome } from '../delivery/run-handler.js';

export interface RunHandlersOptions {
  /** What `ctx.write` hands to its functions; without it `ctx.write` throws, as it does in a sibling service. */
  readonly entityManager?: ServiceEntityManager;
  /** Which try this is to the handlers; 1 if left out. */
  readonly tries?: number;
  readonly signal?: AbortSignal;
}

export interface LogEntry {
  readonly level: keyof HandlerLog;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One handler's run of one event, as it was recorded. */
export interface RecordedRun {
  readonly handler: string;
  readonly event: AnyEvent;
  readonly deliveryKey: string;
  readonly outcome: HandlerOutcome;
  /** Empty unless the handler is done: only then would the ledger raise them. */
  readonly emitted: readonly EmittedEvent[];
  readonly logged: readonly LogEntry[];
}

/**
 * Runs every handler of every event once, in memory, one after the other, and records what came of it. Nothing is tried again,
 * nothing that was emitted is handed on, and no failure is thrown: look at the outcomes.
 */
export async function runHandlers(
  map: HandlerMap,
  events: readonly AnyEvent[],
  options: RunHandlersOptions = {},
): Promise<RecordedRun[]> {
  const runs: RecordedRun[] = [];
  for (const event of events) {
    for (const handler of map.handlersFor(event.type)) runs.push(await recordRun(handler, event, options));
  }
  return runs;
}

export async function recordRun(
  handler: RegisteredHandler,
  event: AnyEvent,
  options: RunHandlersOptions = {},
): Promise<RecordedRun> {
  const logged: LogEntry[] = [];
  const run = await runHandler(handler, event, {
    tries: options.tries ?? 1,
    deliveryKey: `${event.id}:${handler.name}`,
    log: recordingLog(logged),
    signal: options.signal ?? new AbortController().signal,
    writable: options.entityManager !== undefined,
  });
  const outcome = await outcomeOfWrites(run, options.entityManager);
  const { deliveryKey } = run;
  return {
    handler: handler.name,
    event,
    deliveryKey,
    outcome,
    emitted: outcome.kind === 'done' ? run.emitted : [],
    logged,
  };
}

async function outcomeOfWrites(
  { outcome, writes }: HandlerRun,
  entityManager: ServiceEntityManager,
): Promise<HandlerOutcome> {
  if (outcome.kind !== 'done') return outcome;
  try {
    for (const write of writes) {
      const result = await write(entityManager);
      if (isWaitFor(result)) return { kind: 'waiting', waitFor: result.waitFor };
    }
    return outcome;
  } catch (error) {
    return { kind: 'failed', error };
  }
}

function recordingLog(logged: LogEntry[]): HandlerLog {
  const record =
    (level: LogEntry['level']) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      logged.push({ level, message, fields });
    };
  return { info: record('info'), warn: record('warn'), error: record('error') };
}
