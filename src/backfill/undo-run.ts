import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../database/transaction.js';
import { runCommand } from '../ledger/commands/context.js';
import type { LinkOptions } from './link-batch.js';
import { undoBatch } from './undo.js';

export type UndoOptions = Pick<LinkOptions, 'em' | 'announcer' | 'clock'>;

/** Begins to take a run back; one that has begun goes on where it stands. */
export function beginUndo(em: EntityManager, id: string, by: string): Promise<void> {
  return inTransaction(em, async (tx) => {
    await tx.query(
      `update backfill set undo_by = $2, undo_cursor = 0, progressed_at = now() where id = $1::bigint and undo_cursor is null`,
      [id, by],
    );
  });
}

/** Goes on taking a run back, batch by batch, each a transaction. False where it was told to stop before its end. */
export async function runUndo(options: UndoOptions, id: string, mayGoOn: () => boolean): Promise<boolean> {
  const context = { ...options, by: `backfill:${id}` };
  while (mayGoOn()) {
    if (!(await runCommand(context, (tx) => undoBatch(tx, options, id)))) return true;
  }
  return false;
}
