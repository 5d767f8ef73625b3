import type { Transaction } from '../database/transaction.js';
import { BackfillState } from '../entities/states.js';
import { toLastError } from '../events/last-error.js';
import { advance, finish, lockRunning, type Run, setTotal } from './runs.js';

const LACKING = `(effective_date is null or stripe_invoice_id is null) and ($1::bigint is null or checkout_intent_id = $1::bigint)`;

/** The run as it stands, its renewals counted. Null unless it is RUNNING. */
export async function beginRun(tx: Transaction, id: string): Promise<Run | null> {
  const run = await lockRunning(tx, id);
  if (run !== null && run.total === null) await setTotal(tx, id, await countLacking(tx, run));
  return run;
}

/** Ends a run that has come to its end; answers whether it had. */
export async function endRun(tx: Transaction, id: string): Promise<boolean> {
  const run = await lockRunning(tx, id);
  if (run !== null && (await nextIntents(tx, run, 1)).length > 0) return false;
  if (run !== null) await finish(tx, id, { state: BackfillState.DONE });
  return true;
}

/** The checkout intents whose turn comes next, in order of their ids. */
export async function nextIntents(
  tx: Transaction,
  { checkoutIntentId, cursor, ahead }: Pick<Run, 'checkoutIntentId' | 'cursor' | 'ahead'>,
  size: number,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select distinct checkout_intent_id as id from renewal
     where ${LACKING} and checkout_intent_id > $2::bigint and checkout_intent_id <> all($4::bigint[]) order by 1 limit $3`,
    [checkoutIntentId, cursor ?? '0', size, ahead],
  );
  return rows.map(({ id }) => id);
}

/** Passes over the next intent, whose batch of one failed: its renewals are told as failed. */
export async function passOver(tx: Transaction, id: string, error: unknown): Promise<void> {
  const run = await lockRunning(tx, id);
  const [intentId] = run === null ? [] : await nextIntents(tx, run, 1);
  if (run === null || intentId === undefined) return;
  const renewals = await tx.query<{ id: string }>(
    `select id from renewal where ${LACKING} and checkout_intent_id = $2::bigint order by id`,
    [run.checkoutIntentId, intentId],
  );
  const reason = toLastError(error);
  const records = renewals.map((renewal) => ({ recordId: renewal.id, changes: null, code: 'FAILED', reason }));
  await advance(tx, id, {
    counts: { examined: renewals.length, failed: renewals.length },
    records,
    cursor: intentId,
  });
}

async function countLacking(tx: Transaction, { checkoutIntentId }: Run): Promise<number> {
  const [row] = await tx.query<{ count: string }>(`select count(*) as count from renewal where ${LACKING}`, [
    checkoutIntentId,
  ]);
  return Number(row?.count ?? 0);
}
