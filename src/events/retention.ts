import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, type Transaction } from '../database/transaction.js';
import type { Logger } from '../log.js';

export interface RetentionOptions {
  readonly em: EntityManager;
  readonly log: Logger;
  /** Days after receipt. */
  readonly days: number;
  readonly batchSize?: number;
}

/** What is still to be handled needs its body; it comes to one of these states within 30 days at most. */
const FINISHED = `('HANDLED', 'IGNORED', 'DEAD')`;

const BATCH = 1_000;

/**
 * Erases the bodies of events that are older than the days given and finished, and drops the months that this leaves empty. Ids, hash, columns,
 * deliveries and history stay. In batches, each its own transaction: one that is interrupted leaves the rest to the next run.
 */
export async function eraseOldBodies(options: RetentionOptions): Promise<number> {
  const { em, days, log, batchSize = BATCH } = options;
  let erased = 0;
  for (;;) {
    const batch = await inTransaction(em, (tx) => eraseBatch(tx, { days, batchSize }));
    erased += batch;
    if (batch < batchSize) break;
  }
  const dropped = await dropEmptyMonths(options);
  if (erased > 0 || dropped.length > 0) log.info({ erased, dropped, days }, 'Erased the bodies of old events');
  return erased;
}

/** The events are locked first, and looked at again once they are: a replay that came between keeps its body. */
async function eraseBatch(
  tx: Transaction,
  { days, batchSize }: { readonly days: number; readonly batchSize: number },
): Promise<number> {
  const erased = await tx.query(
    `with old as (
       select e.id, e.received_at from event_body b join event e on e.id = b.event_id and e.received_at = b.received_at
       where b.received_at < now() - make_interval(days => $1) and e.state in ${FINISHED}
       limit $2 for no key update of e skip locked),
     marked as (update event e set payload_erased_at = now() from old where e.id = old.id)
     delete from event_body b using old where b.event_id = old.id and b.received_at = old.received_at returning 1`,
    [days, batchSize],
  );
  return erased.length;
}

interface Month {
  readonly partition: string;
}

async function dropEmptyMonths({ em, days, log }: RetentionOptions): Promise<string[]> {
  const past = await inTransaction(em, (tx) => tx.query<Month>(PAST_MONTHS, [days]));
  const dropped: string[] = [];
  for (const { partition } of past) {
    try {
      if (await inTransaction(em, (tx) => dropWhenEmpty(tx, partition))) dropped.push(partition);
    } catch (error) {
      if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
      log.info({ partition }, 'The empty month is in use; it is dropped by a later run');
    }
  }
  return dropped;
}

const LOCK_NOT_AVAILABLE = '55P03';

/** Dropping waits for everybody who reads bodies, and everybody who stores some waits for it: so it gives up soon. */
async function dropWhenEmpty(tx: Transaction, partition: string): Promise<boolean> {
  await tx.query(`set local lock_timeout = '500ms'`);
  const [row] = await tx.query<{ isEmpty: boolean }>(`select not exists (select from ${partition}) as "isEmpty"`);
  if (row?.isEmpty !== true) return false;
  await tx.query(`drop table ${partition}`);
  return true;
}

const codeOf = (error: unknown): unknown => {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return code ?? cause?.code;
};

/** The partitions of whole months that ended before the time from which bodies are kept. Nothing is stored in them any more. */
const PAST_MONTHS = `
  select format('%I.%I', nspname, relname) as partition
  from pg_inherits join pg_class on pg_class.oid = inhrelid join pg_namespace on pg_namespace.oid = relnamespace
  where inhparent = 'event_body'::regclass and nspname = 'event_body_partition' and relname ~ '^event_body_\\d{4}_\\d\\d$'
    and (to_date(right(relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= now() - make_interval(days => $1)
  order by relname`;
