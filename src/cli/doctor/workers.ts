import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { Instance } from 'pg-boss';
import { inTransaction } from '../../database/transaction.js';
import { UNFINISHED } from '../../events/deliveries.js';
import { openJobs } from '../../events/jobs.js';
import { deliveryQueueOf } from '../../events/queues.js';
import { createLogger } from '../../log.js';
import { type Diagnosis, ok, wrong } from './finding.js';

export interface WorkersOptions {
  readonly orm: MikroORM;
  readonly url: string;
  /** Those run by every worker, in batches: they have no queue. */
  readonly factNames: readonly string[];
}

const START = 'Start one: npm start, or renewal-ledger start --role worker.';

/** Who works, what nobody works on, and what has been left lying. */
export async function checkWorkers({ orm, url, factNames }: WorkersOptions): Promise<Diagnosis[]> {
  const instances = await findWorkers(orm, url);
  const live = instances.filter((instance) => instance.live);
  if (live.length === 0) {
    const last = Math.max(...instances.map(({ heartbeatOn }) => heartbeatOn.getTime()));
    const seen =
      instances.length === 0 ? 'none was seen lately' : `the last was seen at ${new Date(last).toISOString()}`;
    return [wrong(`No worker runs; ${seen}. Events are stored, and nobody handles them.`, START)];
  }
  const names = live.map(({ host, pid, heartbeatOn }) => `${host}:${pid} (seen ${heartbeatOn.toISOString()})`);
  return [
    ok(`${live.length === 1 ? 'One worker runs' : `${live.length} workers run`}: ${names.join(', ')}.`),
    ...(await unknownHandlers(orm.em, live, factNames)),
    ...(await leftLying(orm.em)),
  ];
}

/** From pg-boss's registry, which only processes that work are in. Where it was never installed, no service has ever run. */
async function findWorkers(orm: MikroORM, url: string): Promise<Instance[]> {
  const [row] = await orm.em
    .getConnection()
    .execute<{ there: boolean }[]>(`select to_regclass('pgboss.instance') is not null as there`);
  if (row?.there !== true) return [];
  const jobs = await openJobs({ url, log: createLogger('silent'), works: false });
  try {
    return await jobs.boss.getInstances({ limit: 1_000 });
  } finally {
    await jobs.close();
  }
}

async function unknownHandlers(
  em: EntityManager,
  live: readonly Instance[],
  factNames: readonly string[],
): Promise<Diagnosis[]> {
  // A process that has just started tells of its queues with its next heartbeat.
  if (live.some(({ workers }) => workers.length === 0)) return [];
  const known = new Set(live.flatMap(({ workers }) => workers.map(({ queue }) => queue)));
  const unfinished = await inTransaction(em, (tx) =>
    tx.query<{ handler: string; count: string }>(
      `select handler, count(*) as count from delivery where state in ${UNFINISHED} and handler <> all($1)
         and not exists (select from handler_endpoint e where handler = 'endpoint:' || e.name) group by handler order by handler`,
      [[...factNames]],
    ),
  );
  return unfinished
    .filter(({ handler }) => !known.has(deliveryQueueOf(handler)))
    .map(({ handler, count }) =>
      wrong(
        `${count} deliveries are for ${handler}, which no running worker knows.`,
        'Start the workers with the HANDLERS, or the settings, that they had: after an hour without one these are SKIPPED.',
      ),
    );
}

const PATIENCE_MINUTES = 5;

async function leftLying(em: EntityManager): Promise<Diagnosis[]> {
  const [row] = await inTransaction(em, (tx) =>
    tx.query<{ count: string; oldest: string | null }>(
      `select count(*) as count, to_char(min(received_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as oldest
       from event where state = 'PENDING' and received_at < now() - make_interval(mins => $1)
         and not exists (select from delivery d where d.event_id = event.id)`,
      [PATIENCE_MINUTES],
    ),
  );
  if (row === undefined || row.count === '0') return [];
  return [
    wrong(
      `${row.count} events have waited for a worker for more than ${PATIENCE_MINUTES} minutes, the oldest since ${row.oldest}.`,
      "Look at the workers' logs for what holds them up; if they are busy, start more.",
    ),
  ];
}
