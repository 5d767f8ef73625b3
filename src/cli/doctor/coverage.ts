import type { EntityManager } from '@mikro-orm/postgresql';
import { reachableFrom } from '../../backfill/coverage.js';
import { readCoverage } from '../../backfill/event-spans.js';
import type { Clock } from '../../clock.js';
import { type Diagnosis, note, ok, unknown, wrong } from './finding.js';

/** Up to when every event of Stripe's is known to be stored. */
export async function checkCoverage(em: EntityManager, clock: Clock): Promise<Diagnosis[]> {
  const now = clock.now();
  const { completeUntil, gaps } = await readCoverage(em.fork(), now);
  if (completeUntil === null && gaps.length === 0)
    return [
      unknown(
        'Whether Stripe has events that are missing here is not known: nobody has looked.',
        'Run: renewal-ledger backfill events; or set SYNC_EVERY_MINUTES, to have it done by schedule.',
      ),
    ];
  const told = gaps.map(({ from, to }) => {
    const message = `Events may be missing from ${from.toISOString()} to ${to.toISOString()}.`;
    const fetch = `renewal-ledger backfill events --since ${from.toISOString()}`;
    return to > reachableFrom(now)
      ? wrong(message, `Run: ${fetch}`)
      : note(message, `Stripe lists them no longer; what invoices still tell is read by: ${fetch}`);
  });
  return [
    ...told,
    ...(completeUntil === null ? [] : [ok(`Every event up to ${completeUntil.toISOString()} is stored.`)]),
  ];
}
