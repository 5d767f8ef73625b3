import type { RegisteredHandler } from '@renewal-ledger/sdk';
import type { PgBoss } from 'pg-boss';
import type { HandlerSource } from './handler-source.js';
import { type DeliveryRunDeps, runDelivery, timeoutOf } from './delivery-run.js';
import type { Jobs } from './jobs.js';
import { deliveryQueueOf } from './queues.js';

const DEFAULT_CONCURRENCY = 4;

/** Takes each handler's deliveries from its own queue, so that a slow handler holds up nobody else's. */
export async function workOnDeliveries(deps: DeliveryRunDeps, handlers: HandlerSource, jobs: Jobs): Promise<void> {
  const byName = new Map(handlers.handlers().map((handler) => [handler.name, handler]));
  for (const handler of byName.values()) {
    await jobs.ensureDeliveryQueue(handler.name, timeoutOf(handler));
    const workers = handler.options.concurrency ?? DEFAULT_CONCURRENCY;
    for (let count = 0; count < workers; count += 1) await startWorker(deps, handler, jobs.boss);
  }
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
