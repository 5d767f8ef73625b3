import type { Transaction } from '../database/transaction.js';
import { LinkedBy } from '../entities/states.js';
import type { Changes } from '../entities/record-change.js';
import type { RefusedPairRecord, RenewalRecord } from '../ledger/records.js';
import { lockScope, type Scope } from '../ledger/scope.js';
import { settleScope } from '../ledger/settle-scope.js';
import { type BuiltOn, readBuiltOn } from './built-on.js';
import type { LinkOptions } from './link-batch.js';

/** A run whose undoing has begun. */
export interface Undoing {
  readonly id: string;
  readonly by: string;
  readonly announce: boolean;
  /** The last record that is done with. */
  readonly cursor: string;
}

const BATCH = 200;

interface ChangeRow {
  readonly id: string;
  readonly recordId: string;
  readonly changes: Changes;
}

/** Takes back what the next records of a run filled in and nobody has built on since, and remembers the pairs. False where none is left. */
export async function undoBatch(
  tx: Transaction,
  { announcer, clock }: Pick<LinkOptions, 'announcer' | 'clock'>,
  id: string,
): Promise<boolean> {
  const undoing = await lockUndoing(tx, id);
  if (undoing === null) return false;
  const rows = await tx.query<ChangeRow>(
    `select id, record_id as "recordId", changes from backfill_record
     where backfill_id = $1::bigint and code is null and id > $2::bigint order by id limit $3`,
    [id, undoing.cursor, BATCH],
  );
  await advanceUndoing(tx, id, rows.at(-1)?.id ?? null);
  if (rows.length === 0) return false;
  const before = await lockScope(tx, { intentIds: await intentsOf(tx, rows) });
  const { next, refused } = takeBack(before, rows, await readBuiltOn(tx, undoing, rows));
  const author = { by: undoing.by, reason: `undo of backfill:${id}` };
  await refuse(tx, refused, author);
  const settling = { announcer, now: clock.now(), announce: undoing.announce, linkAs: LinkedBy.RULE };
  await settleScope(tx, { before, next }, { ...settling, authorOf: () => author });
  return true;
}

/** The scope without what these records filled in; a pair that is taken apart is refused from now on. */
function takeBack(
  before: Scope,
  rows: readonly ChangeRow[],
  built: BuiltOn,
): { next: Scope; refused: RefusedPairRecord[] } {
  const changesOf = new Map(rows.map(({ recordId, changes }) => [recordId, changes]));
  const refused: RefusedPairRecord[] = [];
  const renewals = before.renewals.map((renewal) => {
    const changes = changesOf.get(renewal.id);
    if (changes === undefined) return renewal;
    const undone = undo(renewal, changes, built);
    if (renewal.invoiceId !== null && undone.invoiceId === null)
      refused.push({ renewalId: renewal.id, invoiceId: renewal.invoiceId });
    return undone;
  });
  const freed = new Set(refused.map(({ invoiceId }) => invoiceId));
  const invoices = before.invoices.map((invoice) =>
    freed.has(invoice.id) ? { ...invoice, isLinked: false } : invoice,
  );
  return { next: { ...before, renewals, invoices, refusedPairs: [...before.refusedPairs, ...refused] }, refused };
}

/** The renewal without what the run filled in; what was changed or built on since stays. */
function undo(renewal: RenewalRecord, changes: Changes, built: BuiltOn): RenewalRecord {
  const { processingStartedAt, processedAt } = renewal;
  if (processingStartedAt !== null || processedAt !== null || built.consequences.has(renewal.id)) return renewal;
  const [hadInvoice, invoiceId] = changes['stripeInvoiceId'] ?? [];
  const [hadDate, date] = changes['givenDate'] ?? [];
  const isOwnLink =
    hadInvoice === null &&
    renewal.invoiceId === invoiceId &&
    renewal.linkedBy === LinkedBy.BACKFILL &&
    !built.links.has(renewal.id);
  const unlinked = isOwnLink ? { ...renewal, invoiceId: null, linkedBy: null } : renewal;
  const isOwnDate = hadDate === null && renewal.givenDate?.toISOString() === date && !built.dates.has(renewal.id);
  // A date that was read from the link it had stands apart from it; any other link that is there is built on the date.
  const isBuiltOn = unlinked.invoiceId !== null && !(invoiceId === undefined && renewal.isDateFixed);
  if (!isOwnDate || isBuiltOn) return unlinked;
  return { ...unlinked, givenDate: null, isDateFixed: false };
}

async function intentsOf(tx: Transaction, rows: readonly ChangeRow[]): Promise<string[]> {
  const intents = await tx.query<{ id: string }>(
    'select distinct checkout_intent_id as id from renewal where id = any($1::bigint[])',
    [rows.map(({ recordId }) => recordId)],
  );
  return intents.map(({ id }) => id);
}

async function refuse(
  tx: Transaction,
  pairs: readonly RefusedPairRecord[],
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<void> {
  if (pairs.length === 0) return;
  await tx.query(
    `insert into refused_pair (renewal_id, stripe_invoice_id, by, reason)
     select renewal_id, invoice_id, $3, $4 from unnest($1::bigint[], $2::text[]) v (renewal_id, invoice_id)
     order by renewal_id, invoice_id on conflict do nothing`,
    [pairs.map(({ renewalId }) => renewalId), pairs.map(({ invoiceId }) => invoiceId), by, reason],
  );
}

/** Locks a run for one batch of its undoing. Null unless that has begun, and is not at its end. */
async function lockUndoing(tx: Transaction, id: string): Promise<Undoing | null> {
  const [row] = await tx.query<Undoing>(
    `select id, undo_by as by, announce, undo_cursor as cursor from backfill
     where id = $1::bigint and undo_cursor is not null for no key update`,
    [id],
  );
  return row ?? null;
}

/** At its end the cursor is null again: called once more, it looks at every record afresh. */
async function advanceUndoing(tx: Transaction, id: string, cursor: string | null): Promise<void> {
  await tx.query(
    `update backfill set undo_cursor = $2::bigint, progressed_at = now(),
       undone_at = case when $2::bigint is null then coalesce(undone_at, now()) else undone_at end
     where id = $1::bigint`,
    [id, cursor],
  );
}
