import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { lockEvents, recomputeEvents } from './deliveries.js';
import type { Jobs } from './jobs.js';
import { SIGNAL_QUEUE } from './queues.js';
import { type Due, sendDue } from './due-jobs.js';

export interface SignalDeps {
  readonly em: EntityManager;
  readonly jobs: Jobs;
  /** The names of the fact handlers: their deliveries have no queues of their own. */
  readonly factNames: ReadonlySet<string>;
}

/** Takes signals. They are jobs, so that the deliveries are looked for after the change that they tell of is committed. */
export async function workOnSignals(deps: SignalDeps): Promise<void> {
  const options = { batchSize: 100, burstWhenBatchFull: true, notifyPollingIntervalSeconds: 2 } as const;
  await deps.jobs.boss.work<{ keys: string[] }>(SIGNAL_QUEUE, options, async (taken) => {
    await inTransaction(deps.em, async (tx) => {
      await signal(deps, tx, [...new Set(taken.flatMap(({ data }) => data.keys))]);
      await deps.jobs.finish(
        tx.query,
        SIGNAL_QUEUE,
        taken.map(({ id }) => id),
      );
    });
  });
}

/**
 * Makes the deliveries due that wait for these keys, and counts the signal on their rows: a run that looked before it may not mark its
 * delivery as waiting. One that is armed after this read looks once more by itself, and then sees the change.
 */
async function signal(deps: SignalDeps, tx: Transaction, keys: readonly string[]): Promise<void> {
  const waiting = await tx.query<{ id: string }>(
    `select distinct event_id as id from delivery where state = 'WAITING' and waiting_for = any($1) order by 1`,
    [keys],
  );
  if (waiting.length === 0) return;
  const ids = waiting.map(({ id }) => id);
  await lockEvents(tx, ids);
  const woken = await tx.query<Due>(
    `update delivery d set state = 'PENDING', signals = d.signals + 1, next_try_at = now()
       from event e
      where e.id = d.event_id and d.event_id = any($1) and d.waiting_for = any($2) and d.state = 'WAITING'
     returning d.event_id as "eventId", d.handler, coalesce(e.stripe_subscription_id, e.id) as lane`,
    [ids, keys],
  );
  await recomputeEvents(tx, ids);
  await sendDue(deps, tx, woken);
}
