import type { Transaction } from '../database/transaction.js';
import type { Jobs } from './jobs.js';

/** A delivery that is to be run now. */
export interface Due {
  readonly eventId: string;
  readonly handler: string;
  readonly lane: string;
}

/** Adds the jobs of deliveries that are due: a wake-up of the event for its fact handlers, a job of its own for any other. */
export async function sendDue(
  { jobs, factNames }: { readonly jobs: Jobs; readonly factNames: ReadonlySet<string> },
  tx: Transaction,
  due: readonly Due[],
): Promise<void> {
  const facts = due.filter(({ handler }) => factNames.has(handler));
  const others = due.filter(({ handler }) => !factNames.has(handler));
  const wakeUps = new Map(facts.map(({ eventId, lane }) => [eventId, { id: eventId, lane }]));
  for (const handler of new Set(others.map((delivery) => delivery.handler))) await jobs.ensureDeliveryQueue(handler);
  await jobs.wakeEvents(tx.query, [...wakeUps.values()]);
  await jobs.sendDeliveries(tx.query, others);
}
