import { isDatabaseAway, isPassing } from '../events/sql-errors.js';
import { runCommand } from '../ledger/commands/context.js';
import { linkBatch, type LinkOptions, passOver } from './link-batch.js';

const LARGEST_BATCH = 400;

/**
 * Runs a backfill of links and dates from where it stands to its end, batch by batch, each a transaction. A batch that fails by its rows
 * is halved, until the culprit stands alone and is passed over. Throws where the database does, and when `signal` says so.
 */
export async function runRenewalLinks(options: LinkOptions, id: string, signal: AbortSignal): Promise<void> {
  const context = { ...options, by: `backfill:${id}` };
  let size = LARGEST_BATCH;
  for (let isGoingOn = true; isGoingOn;) {
    signal.throwIfAborted();
    try {
      const batch = { id, size };
      isGoingOn = await runCommand(context, (tx) => linkBatch(tx, options, batch));
      size = Math.min(LARGEST_BATCH, size * 2);
    } catch (error) {
      if (isPassing(error) || isDatabaseAway(error)) throw error;
      if (size === 1) await runCommand(context, (tx) => passOver(tx, id, error));
      else size = Math.floor(size / 2);
    }
  }
}
