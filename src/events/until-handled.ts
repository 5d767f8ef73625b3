import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../database/transaction.js';
import { LedgerError } from '../errors.js';
import type { Logger } from '../log.js';
import { untilAborted } from './handler-run.js';
import { toLastError } from './last-error.js';
import type { NewEvent } from './new-event.js';
import type { JobSender } from './jobs.js';
import type { StoreOutcome } from './writer.js';

export interface UntilHandledOptions {
  readonly em: EntityManager;
  readonly jobs: JobSender;
  /** Names of the built-in handlers: a plugin's failure is no reason for Stripe to post again. */
  readonly builtIn: readonly string[];
  readonly log: Logger;
  readonly patienceMs?: number;
}

/** The event is stored, and not handled yet: with ACK=handled Stripe is to post it again. */
export class NotHandledError extends LedgerError {
  readonly code = 'NOT_HANDLED';

  constructor(why: string, options?: ErrorOptions) {
    super(`The event is stored, and not handled yet (${why}). Post it again.`, options);
  }
}

interface Look {
  readonly state: string;
  /** How the built-in handlers' deliveries stand. */
  readonly deliveries: readonly string[];
  /** Of all handlers': none yet, where no worker has taken the event. */
  readonly count: number;
}

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** Stripe holds an invoice back for up to 72 hours while this event fails. */
const ANSWERED_WHEN_STORED = 'invoice.created';

/**
 * `ACK=handled`: returns when the built-in handlers are done with the event (or there are none), and throws NOT_HANDLED when they wait, fail or
 * take too long (the database too), or the process stops. A repeated post wakes those that wait, retry or are dead. Events that these raised are not waited for.
 */
export function createUntilHandled(options: UntilHandledOptions) {
  const { log, patienceMs = PATIENCE_MS } = options;
  return async (event: NewEvent, outcome: StoreOutcome, stopping: AbortSignal): Promise<void> => {
    const end = AbortSignal.any([AbortSignal.timeout(patienceMs), stopping]);
    const why = () => new NotHandledError(stopping.aborted ? 'the service is stopping' : 'it takes longer than usual');
    try {
      await untilAborted(watch(options, { event, outcome, end }), end, why);
    } catch (error) {
      if (!(error instanceof NotHandledError))
        log.warn({ event: event.id, because: toLastError(error) }, 'Nobody could say how a stored event stands');
      if (event.type === ANSWERED_WHEN_STORED) return;
      throw error instanceof NotHandledError
        ? error
        : new NotHandledError('the database did not say', { cause: error });
    }
  };
}

interface Post {
  readonly event: NewEvent;
  readonly outcome: StoreOutcome;
  /** Nobody waits for the answer any more. */
  readonly end: AbortSignal;
}

async function watch({ em, jobs, builtIn }: UntilHandledOptions, { event, outcome, end }: Post): Promise<void> {
  if (outcome === 'DUPLICATE') await wake(em, jobs, { event, builtIn });
  if (event.type === ANSWERED_WHEN_STORED) return;
  while (!end.aborted) {
    const verdict = judge(await look(em, event.id, builtIn));
    if (verdict === 'HANDLED') return;
    if (verdict !== 'PENDING') throw new NotHandledError(verdict);
    await pause(LOOK_EVERY_MS);
  }
}

function judge(found: Look | undefined): string {
  if (found === undefined) return 'it is not stored any more';
  if (found.state === 'IGNORED') return 'HANDLED';
  if (found.count === 0 || found.deliveries.includes('PENDING')) return 'PENDING';
  const unfinished = found.deliveries.find((state) => state !== 'DONE' && state !== 'SKIPPED');
  return unfinished === undefined ? 'HANDLED' : `a delivery is ${unfinished}`;
}

async function look(em: EntityManager, id: string, builtIn: readonly string[]): Promise<Look | undefined> {
  const [found] = await em.fork().execute<Look[]>(
    `select e.state, count(d.handler)::int as count, coalesce(json_agg(d.state) filter (where d.handler in (?)), '[]') as deliveries
     from event e left join delivery d on d.event_id = e.id where e.id = ? group by e.id`,
    [builtIn, id],
  );
  return found;
}

/** Deliveries keep the tries that they have used: only their next try is now. */
async function wake(
  em: EntityManager,
  jobs: JobSender,
  { event, builtIn }: { event: NewEvent; builtIn: readonly string[] },
): Promise<void> {
  await inTransaction(em, async (tx) => {
    await tx.query('select from event where id = $1 for no key update', [event.id]);
    const woken = await tx.query(
      `update delivery set state = 'PENDING', signals = signals + 1, next_try_at = now(), finished_at = null,
         tries = case state when 'DEAD' then 0 else tries end
       where event_id = $1 and handler = any($2) and state in ('WAITING', 'RETRYING', 'DEAD') returning handler`,
      [event.id, builtIn],
    );
    if (woken.length === 0) return;
    await tx.query("update event set state = 'PENDING', handled_at = null where id = $1", [event.id]);
    await jobs.wakeEvents(tx.query, [{ id: event.id, lane: event.lane }]);
  });
}
