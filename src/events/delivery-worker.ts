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
    const options = { localConcurrency: handler.options.concurrency ?? DEFAULT_CONCURRENCY, notifyPollingIntervalSeconds: 2 };
    await jobs.boss.work<{ eventId: string }>(deliveryQueueOf(handler.name), options, async ([job]) => {
      if (job === undefined) return;
      await runDelivery(deps, handler, { jobId: job.id, eventId: job.data.eventId, isTakeover: job.retryCount > 0 });
    });
  }
}
