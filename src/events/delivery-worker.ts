import type { RegisteredHandler } from '@renewal-ledger/sdk';
import type { PgBoss } from 'pg-boss';
import { type DeliveryRunDeps, runDelivery, timeoutOf } from './delivery-run.js';
import type { Jobs } from './jobs.js';
import { deliveryQueueOf } from './queues.js';

const DEFAULT_CONCURRENCY = 4;

/** Who works on deliveries in this process. */
export interface DeliveryWorkers {
  /** Takes the handler's deliveries from its own queue, so that a slow handler holds up nobody else's. A repeat changes nothing. */
  start(handler: RegisteredHandler): Promise<void>;
  /** Takes no more of them; those in hand go on. */
  stop(handler: string): Promise<void>;
  /** The names of the handlers that are worked on. */
  handlers(): readonly string[];
}

export function createDeliveryWorkers(deps: DeliveryRunDeps, jobs: Jobs): DeliveryWorkers {
  const working = new Set<string>();
  return {
    async start(handler) {
      if (working.has(handler.name)) return;
      await jobs.ensureDeliveryQueue(handler.name, timeoutOf(handler));
      working.add(handler.name);
      const workers = handler.options.concurrency ?? DEFAULT_CONCURRENCY;
      for (let count = 0; count < workers; count += 1) await startWorker(deps, handler, jobs.boss);
    },
    async stop(handler) {
      working.delete(handler);
      await jobs.boss.offWork(deliveryQueueOf(handler), { wait: false });
    },
    handlers: () => [...working],
  };
}

/**
 * One worker that takes one job after the other. pg-boss pauses for its polling interval after a fetch of one job, as if there were no
 * more; a worker that is notified while it works fetches again at once.
 */
async function startWorker(deps: DeliveryRunDeps, handler: RegisteredHandler, boss: PgBoss): Promise<void> {
  const id = await boss.work<{ eventId: string }>(
    deliveryQueueOf(handler.name),
    { notifyPollingIntervalSeconds: 2 },
    async ([job]) => {
      boss.notifyWorker(id);
      if (job === undefined) return;
      await runDelivery(deps, handler, { eventId: job.data.eventId, isTakeover: job.retryCount > 0 });
    },
  );
}
