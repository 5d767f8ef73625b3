import type { EntityManager } from '@mikro-orm/postgresql';
import type { Instance } from 'pg-boss';
import type { Clock } from '../clock.js';
import { inTransaction } from '../database/transaction.js';
import { UNFINISHED } from './deliveries.js';
import type { Jobs } from './jobs.js';
import { deliveryQueueOf } from './queues.js';

const HOUR_MS = 3_600_000;

export interface GoneHandlersDeps {
  readonly em: EntityManager;
  readonly jobs: Jobs;
  readonly factNames: ReadonlySet<string>;
  readonly clock: Clock;
}

/**
 * The handlers with unfinished deliveries that no worker has known for an hour. A worker's handlers are the queues that pg-boss's registry
 * of processes has for it; an endpoint is known while it is registered, also while it is disabled. Nothing is said before some worker has run for an hour: while all were down, none could know anything.
 */
export async function goneHandlers({ em, jobs, factNames, clock }: GoneHandlersDeps): Promise<string[]> {
  const unfinished = await inTransaction(em, (tx) =>
    tx.query<{ handler: string }>(
      `select distinct handler from delivery
        where state in ${UNFINISHED} and created_at < now() - interval '1 hour' and handler <> all($1)
          and not exists (select from handler_endpoint e where handler = 'endpoint:' || e.name)`,
      [[...factNames]],
    ),
  );
  if (unfinished.length === 0) return [];
  const hourAgo = clock.now().getTime() - HOUR_MS;
  const instances = await jobs.boss.getInstances({ limit: 100_000 });
  if (!instances.some(({ live, startedOn }) => live && startedOn.getTime() <= hourAgo)) return [];
  const known = new Set(instances.filter(({ heartbeatOn }) => heartbeatOn.getTime() > hourAgo).flatMap(queuesOf));
  return unfinished.map(({ handler }) => handler).filter((handler) => !known.has(deliveryQueueOf(handler)));
}

const queuesOf = ({ workers }: Instance): string[] => workers.map(({ queue }) => queue);
