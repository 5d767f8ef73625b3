import { createHash } from 'node:crypto';
import type { Queue } from 'pg-boss';

export const EVENT_QUEUE = 'event';
export const SIGNAL_QUEUE = 'signal';
export const DELIVERY_PREFIX = 'delivery.';
export const SCHEDULE_PREFIX = 'schedule.';

/**
 * What every queue has. A dead worker's job comes back when its heartbeat is 10 s old, after a pause, because what failed
 * here is the database or the process, never an event.
 */
export const QUEUE_DEFAULTS = {
  heartbeatSeconds: 10,
  notify: true,
  retryLimit: 10,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 30,
  deleteAfterSeconds: 60,
} satisfies Omit<Queue, 'name'>;

const QUEUE_NAME = /^[\w.\-/]{1,200}$/;

/** The queue of a handler's deliveries. pg-boss takes few characters in a name: what it refuses becomes a dash, and a hash keeps names apart. */
export function deliveryQueueOf(handler: string): string {
  if (QUEUE_NAME.test(handler)) return DELIVERY_PREFIX + handler;
  const hash = createHash('sha256').update(handler).digest('hex').slice(0, 12);
  return `${DELIVERY_PREFIX}${handler.replace(/[^\w.\-/]/g, '-').slice(0, 100)}.${hash}`;
}
