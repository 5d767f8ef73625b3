import type { EntityManager } from '@mikro-orm/postgresql';
import type { EmittedEvent, RegisteredHandler } from '@renewal-ledger/sdk';
import type { Clock } from '../clock.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import type { Logger } from '../log.js';
import { lockEvents, markDelivery, UNFINISHED } from './deliveries.js';
import { doneMark, failureMark, type Mark, waitingMark } from './delivery-marks.js';
import { type HandlerWork, runHandler, untilAborted } from './handler-run.js';
import type { Jobs } from './jobs.js';
import { BODY_AS_TEXT, EVENT_WITH_BODY, parseEvent } from './stored-event.js';

/** Raises a handler's own events, each once by its id, in the transaction given. The ledger's. */
export type Raise = (tx: Transaction, events: readonly EmittedEvent[]) => Promise<void>;

export interface DeliveryRunDeps {
  readonly em: EntityManager;
  readonly jobs: Pick<Jobs, 'sendDeliveries' | 'query'>;
  readonly raise: Raise;
  readonly log: Logger;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/** A delivery's job as a worker holds it. */
export interface HeldJob {
  readonly eventId: string;
  /** The job was held before, by a worker that died: its claim counts no more. */
  readonly isTakeover: boolean;
}

interface Claim {
  readonly id: string;
  readonly body: string | null;
  readonly state: 'PENDING' | 'RETRYING' | 'WAITING';
  readonly tries: number;
  readonly signals: number;
  readonly waitingFor: string | null;
  readonly lastError: string | null;
}

export const DEFAULT_TIMEOUT_SECONDS = 30;
const WRITE_SECONDS = 15;
/** How much longer than the handler's time a claim holds: for its write and its mark. */
const CLAIM_MARGIN_SECONDS = WRITE_SECONDS + 15;

export const timeoutOf = (handler: RegisteredHandler): number =>
  handler.options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;

/**
 * Runs one delivery: claims it, runs the handler without a transaction, and marks what came of it, in one transaction with the handler's
 * writes, its events, the event's state and the next job. A delivery that is not due is left alone. The job is ended by its queue.
 */
export async function runDelivery(deps: DeliveryRunDeps, handler: RegisteredHandler, job: HeldJob): Promise<void> {
  const claim = await claimDelivery(deps, handler, job);
  if (claim === undefined) return;
  const run = { deps, handler, job, claim };
  try {
    const work = await workOn(run);
    await conclude(run, work);
  } catch (error) {
    if (error instanceof Superseded) return;
    await concludeFailure(run, error);
  }
}

/**
 * Counts the try before it is made, so that a handler that takes its process along is dead some day, and sets the time by which it
 * must have been marked: until then other jobs of the same delivery find nothing due. A claim that a crash of the database forgets is
 * made again; the mark is what counts.
 */
async function claimDelivery(
  { jobs }: DeliveryRunDeps,
  handler: RegisteredHandler,
  job: HeldJob,
): Promise<Claim | undefined> {
  const [claim] = await jobs.query<Claim>(
    `update delivery d set tries = d.tries + 1, next_try_at = now() + $3::float8 * interval '1 second'
       from ${EVENT_WITH_BODY}
      where d.event_id = $1 and d.handler = $2 and e.id = d.event_id and d.state in ${UNFINISHED}
        and ($4::boolean or coalesce(d.next_try_at <= now(), true))
     returning e.id, ${BODY_AS_TEXT}, d.state, d.tries, d.signals, d.waiting_for as "waitingFor", d.last_error as "lastError"`,
    [job.eventId, handler.name, timeoutOf(handler) + CLAIM_MARGIN_SECONDS, job.isTakeover],
  );
  return claim;
}

interface Run {
  readonly deps: DeliveryRunDeps;
  readonly handler: RegisteredHandler;
  readonly job: HeldJob;
  readonly claim: Claim;
}

function workOn({ deps, handler, claim }: Run): Promise<HandlerWork> {
  return runHandler({
    handler,
    event: parseEvent(claim),
    deliveryKey: `${claim.id}:${handler.name}`,
    tries: claim.tries,
    timeoutSeconds: timeoutOf(handler),
    stopping: deps.stopping,
    log: deps.log,
  });
}

async function conclude(run: Run, { writes, emitted, waitingFor }: HandlerWork): Promise<void> {
  const { deps, claim } = run;
  await inTransaction(deps.em, async (tx) => {
    let key = waitingFor;
    if (writes.length > 0) {
      await tx.query(`select set_config('statement_timeout', $1, true)`, [`${WRITE_SECONDS}s`]);
      key = (await runWrites(tx, writes)) ?? key;
    }
    if (emitted.length > 0) await deps.raise(tx, emitted);
    await mark(tx, run, key === null ? doneMark(claim.tries) : waitingMark(key, claim.tries, claim));
  });
}

/** Answers the key that the last of them that waits for something waits for. */
async function runWrites(tx: Transaction, writes: HandlerWork['writes']): Promise<string | null> {
  const time = AbortSignal.timeout(WRITE_SECONDS * 1000);
  let key: string | null = null;
  for (const write of writes) {
    const answer = await untilAborted(
      write(tx.em),
      time,
      () => new Error(`ctx.write did not finish within ${WRITE_SECONDS} s.`),
    );
    key = answer?.waitFor ?? key;
  }
  return key;
}

async function concludeFailure(run: Run, error: unknown): Promise<void> {
  const { deps, handler, claim } = run;
  const failure = deps.stopping.aborted
    ? releasedMark(claim)
    : failureMark({ error, tries: claim.tries, options: handler.options, now: deps.clock.now() });
  deps.log.warn(
    { event: claim.id, handler: handler.name, tries: claim.tries, state: failure.state, error: failure.lastError },
    'A handler failed',
  );
  try {
    await inTransaction(deps.em, (tx) => mark(tx, run, failure));
  } catch (second) {
    if (!(second instanceof Superseded)) throw second;
  }
}

/** A process that stops hands its unfinished deliveries on: another worker runs them at once, and the try does not count. */
function releasedMark({ state, tries, waitingFor, lastError }: Claim): ReleasedMark {
  return { state, tries: tries - 1, waitingFor, lastError, nextTrySeconds: 0 };
}

type ReleasedMark = Omit<Mark, 'state'> & Pick<Claim, 'state'>;

/** Somebody else has marked, signalled or replayed the delivery since it was claimed; that counts, and has jobs of its own. */
class Superseded extends Error {}

/** The mark of a claimed delivery: it counts only while nothing has happened to the row since the claim. */
async function mark(tx: Transaction, { deps, handler, claim }: Run, next: Mark | ReleasedMark): Promise<void> {
  await lockEvents(tx, [claim.id]);
  if (!(await markDelivery(tx, { ...next, eventId: claim.id, handler: handler.name, claimed: claim })))
    throw new Superseded();
  const isSweeps = next.nextTrySeconds === null || (next.state === 'WAITING' && next.nextTrySeconds > 0);
  if (isSweeps) return;
  await deps.jobs.sendDeliveries(tx.query, [
    { handler: handler.name, eventId: claim.id, startAfterSeconds: next.nextTrySeconds },
  ]);
}
