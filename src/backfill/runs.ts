import { toUnnest } from '../database/bulk.js';
import type { Transaction } from '../database/transaction.js';
import { type BackfillKind, BackfillState } from '../entities/states.js';
import type { BackfillRecordRow, Count, Results } from './results.js';

/** A run as its worker reads it. */
export interface Run {
  readonly id: string;
  readonly kind: BackfillKind;
  readonly state: BackfillState;
  readonly dryRun: boolean;
  readonly announce: boolean;
  readonly checkoutIntentId: string | null;
  readonly cursor: string | null;
  readonly ahead: readonly string[];
  readonly total: number | null;
}

const COLUMNS = `id, kind, state, dry_run as "dryRun", announce, checkout_intent_id as "checkoutIntentId",
  cursor, ahead, total`;

export async function readRun(tx: Transaction, id: string): Promise<Run | null> {
  return toRun(await tx.query<Run>(`select ${COLUMNS} from backfill where id = $1::bigint`, [id]));
}

/** Locks a run for one batch: of two workers on it the second goes on where the first has come to. Null unless it is RUNNING. */
export async function lockRunning(tx: Transaction, id: string): Promise<Run | null> {
  const text = `select ${COLUMNS} from backfill where id = $1::bigint and state = 'RUNNING' for no key update`;
  return toRun(await tx.query<Run>(text, [id]));
}

function toRun([row]: readonly Run[]): Run | null {
  return row ?? null;
}

const COUNTS: readonly Count[] = ['examined', 'linked', 'dated', 'skipped', 'ambiguous', 'failed', 'stored'];

export interface Progress extends Results {
  readonly cursor: string;
  /** Checkout intents beyond the cursor that were filled with this batch. */
  readonly ahead?: readonly string[];
}

/** Adds a batch's results to its run, in the batch's own transaction. */
export async function advance(
  tx: Transaction,
  id: string,
  { counts, records, cursor, ahead = [] }: Progress,
): Promise<void> {
  const sums = COUNTS.map((count, index) => `${count} = ${count} + $${index + 3}::int`).join(', ');
  await tx.query(
    `update backfill set cursor = $2, ${sums}, last_error = null, progressed_at = now() where id = $1::bigint`,
    [id, cursor, ...COUNTS.map((count) => counts[count] ?? 0)],
  );
  if (ahead.length > 0) await keepAhead(tx, id, ahead);
  if (records.length > 0) await writeRecords(tx, id, records);
}

/** Those that the cursor has passed are forgotten. */
async function keepAhead(tx: Transaction, id: string, ahead: readonly string[]): Promise<void> {
  await tx.query(
    `update backfill set ahead = array(select i from unnest(ahead || $2::bigint[]) i where i > cursor::bigint) where id = $1::bigint`,
    [id, ahead],
  );
}

async function writeRecords(tx: Transaction, id: string, records: readonly BackfillRecordRow[]): Promise<void> {
  const columns = { backfill_id: 'bigint', record_id: 'text', changes: 'jsonb', code: 'text', reason: 'text' } as const;
  const rows = records.map(({ recordId, changes, code, reason }) => ({
    backfill_id: id,
    record_id: recordId,
    changes,
    code,
    reason,
  }));
  const { source, names, parameters } = toUnnest(rows, columns);
  await tx.query(`insert into backfill_record (${names}) select * from ${source}`, parameters);
}

export async function setTotal(tx: Transaction, id: string, total: number): Promise<void> {
  await tx.query('update backfill set total = $2 where id = $1::bigint', [id, total]);
}

export interface Ending {
  readonly state: BackfillState.DONE | BackfillState.CANCELED | BackfillState.FAILED;
  readonly lastError?: string;
}

/** Ends a run that is RUNNING; any other stays as it is. */
export async function finish(tx: Transaction, id: string, { state, lastError }: Ending): Promise<void> {
  await tx.query(
    `update backfill set state = $2, finished_at = now(), last_error = $3 where id = $1::bigint and state = 'RUNNING'`,
    [id, state, lastError ?? null],
  );
}
