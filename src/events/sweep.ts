import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../clock.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import type { Logger } from '../log.js';
import { lockEvents, recomputeEvents, UNFINISHED } from './deliveries.js';
import { type Due, sendDue } from './due-jobs.js';
import { goneHandlers } from './gone-handlers.js';
import type { Jobs } from './jobs.js';
import { deliveryQueueOf, EVENT_QUEUE } from './queues.js';

export interface SweepDeps {
  readonly em: EntityManager;
  readonly jobs: Jobs;
  readonly factNames: ReadonlySet<string>;
  readonly log: Logger;
  readonly clock: Clock;
}

/** How long something that is due is left to its own job. */
const GRACE_SECONDS = 30;
const LONGEST_WAIT = `interval '30 days'`;
/** Of each kind, in one sweep. The rest is the next one's. */
const LIMIT = 20_000;

/**
 * Adds a job for whatever is unfinished and overdue, so that a job that was lost costs a minute and no event, and ends what will come to
 * nothing: waits of more than 30 days, and deliveries whose handler is gone. A worker that starts gives no grace: what it finds without a
 * job was most likely stored by a process that died before it had sent one.
 */
export async function sweep(deps: SweepDeps, graceSeconds = GRACE_SECONDS): Promise<void> {
  const ended = (await endLongWaits(deps)) + (await skipGone(deps));
  const woken = await inTransaction(deps.em, async (tx) => {
    const queued = { oldest: await oldestQueued(tx), graceSeconds };
    return (await wakeUndispatched(deps, tx, queued)) + (await wakeOverdue(deps, tx, queued));
  });
  if (ended > 0 || woken > 0) deps.log.info({ woken, ended }, 'The sweep found unfinished work');
}

interface Queued {
  /** Queue to the time of the oldest job that waits in it. What was due well before that has been passed over: it has no job. */
  readonly oldest: ReadonlyMap<string, string>;
  readonly graceSeconds: number;
}

async function oldestQueued(tx: Transaction): Promise<Queued['oldest']> {
  const queues = await tx.query<{ name: string; since: string }>(
    `select name, min(greatest(created_on, start_after)) as since
       from pgboss.job where state < 'active' and start_after <= now() group by name`,
  );
  return new Map(queues.map(({ name, since }) => [name, since]));
}

/** Events that no delivery explains: never dispatched, or to be dispatched again. */
async function wakeUndispatched({ jobs }: SweepDeps, tx: Transaction, queued: Queued): Promise<number> {
  const lost = await tx.query<{ id: string; lane: string }>(
    `select e.id, coalesce(e.stripe_subscription_id, e.id) as lane from event e
      where e.state = 'PENDING' and e.received_at < least(now(), $1::timestamptz) - make_interval(secs => $2)
        and not exists (select from delivery d where d.event_id = e.id and d.state in ${UNFINISHED})
      order by e.received_at limit ${LIMIT}`,
    [queued.oldest.get(EVENT_QUEUE) ?? null, queued.graceSeconds],
  );
  await jobs.wakeEvents(tx.query, lost);
  return lost.length;
}

/** Deliveries whose time has come and whose job has not; those that wait look again now and then by this. */
async function wakeOverdue(deps: SweepDeps, tx: Transaction, queued: Queued): Promise<number> {
  const handlers = await tx.query<{ handler: string }>(
    `select distinct handler from delivery where state in ${UNFINISHED}`,
  );
  const names = handlers.map(({ handler }) => handler);
  const queueOf = (name: string) => (deps.factNames.has(name) ? EVENT_QUEUE : deliveryQueueOf(name));
  const overdue = await tx.query<Due>(
    `update delivery d set next_try_at = now()
       from unnest($1::text[], $2::timestamptz[]) q (handler, since),
            lateral (select o.event_id from delivery o
                      where o.handler = q.handler and o.state in ${UNFINISHED} and o.next_try_at < least(now(), q.since) - make_interval(secs => $3)
                      order by o.next_try_at limit ${LIMIT} for no key update skip locked) o,
            event e
      where d.handler = q.handler and d.event_id = o.event_id and e.id = d.event_id
     returning d.event_id as "eventId", d.handler, coalesce(e.stripe_subscription_id, e.id) as lane`,
    [names, names.map((name) => queued.oldest.get(queueOf(name)) ?? null), queued.graceSeconds],
  );
  await sendDue(deps, tx, overdue);
  return overdue.length;
}

function endLongWaits({ em }: SweepDeps): Promise<number> {
  return end(em, {
    which: `state = 'WAITING' and waiting_since < now() - ${LONGEST_WAIT}`,
    change: `state = 'DEAD', last_error = 'It waited for ' || waiting_for || ' for 30 days.'`,
    parameters: [],
  });
}

async function skipGone({ em, jobs, factNames, clock }: SweepDeps): Promise<number> {
  const gone = await goneHandlers({ em, jobs, factNames, clock });
  if (gone.length === 0) return 0;
  return end(em, {
    which: `state in ${UNFINISHED} and handler = any($1)`,
    change: `state = 'SKIPPED'`,
    parameters: [gone],
  });
}

/** Finishes deliveries, their events locked first. */
function end(
  em: EntityManager,
  { which, change, parameters }: { which: string; change: string; parameters: readonly unknown[] },
): Promise<number> {
  return inTransaction(em, async (tx) => {
    const found = await tx.query<{ id: string }>(
      `select distinct event_id as id from delivery where ${which} limit ${LIMIT}`,
      parameters,
    );
    const ids = found.map(({ id }) => id).sort();
    if (ids.length === 0) return 0;
    await lockEvents(tx, ids);
    const ended = await tx.query(
      `update delivery set ${change}, next_try_at = null, finished_at = now() where ${which} and event_id = any($${parameters.length + 1}) returning 1`,
      [...parameters, ids],
    );
    await recomputeEvents(tx, ids);
    return ended.length;
  });
}
