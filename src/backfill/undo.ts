import type { Transaction } from '../database/transaction.js';
import { LinkedBy } from '../entities/states.js';
import type { Changes } from '../entities/record-change.js';
import { HELD_BACK } from '../ledger/raise.js';
import type { RefusedPairRecord, RenewalRecord } from '../ledger/records.js';
import { lockScope } from '../ledger/scope.js';
import { settleScope } from '../ledger/settle-scope.js';
import type { LinkOptions } from './link-batch.js';

export interface UndoBatch {
  readonly backfillId: string;
  readonly by: string;
  readonly announce: boolean;
  /** The last record of the run that is undone. */
  readonly after: string;
}

const BATCH = 200;

interface ChangeRow {
  readonly id: string;
  readonly recordId: string;
  readonly changes: Changes;
}

/**
 * Takes back what the next records of a run filled in and nobody has built on since, and remembers the pairs. Answers the last record's
 * id; null where none is left.
 */
export async function undoBatch(
  tx: Transaction,
  { announcer, clock }: Pick<LinkOptions, 'announcer' | 'clock'>,
  { backfillId, by, announce, after }: UndoBatch,
): Promise<string | null> {
  const rows = await tx.query<ChangeRow>(
    `select id, record_id as "recordId", changes from backfill_record
     where backfill_id = $1::bigint and code is null and id > $2::bigint order by id limit $3`,
    [backfillId, after, BATCH],
  );
  const last = rows.at(-1);
  if (last === undefined) return null;
  const before = await lockScope(tx, { intentIds: await intentsOf(tx, rows) });
  const built = await builtOn(tx, before.renewals);
  const changesOf = new Map(rows.map(({ recordId, changes }) => [recordId, changes]));
  const refused: RefusedPairRecord[] = [];
  const renewals = before.renewals.map((renewal) => {
    const changes = changesOf.get(renewal.id);
    if (changes === undefined || built.has(renewal.id)) return renewal;
    const undone = undo(renewal, changes);
    if (renewal.invoiceId !== null && undone.invoiceId === null)
      refused.push({ renewalId: renewal.id, invoiceId: renewal.invoiceId });
    return undone;
  });
  const author = { by, reason: `undo of backfill:${backfillId}` };
  await refuse(tx, refused, author);
  const freed = new Set(refused.map(({ invoiceId }) => invoiceId));
  const invoices = before.invoices.map((invoice) =>
    freed.has(invoice.id) ? { ...invoice, isLinked: false } : invoice,
  );
  const next = { ...before, renewals, invoices, refusedPairs: [...before.refusedPairs, ...refused] };
  await settleScope(
    tx,
    { before, next },
    { announcer, now: clock.now(), announce, linkAs: LinkedBy.RULE, authorOf: () => author },
  );
  return last.id;
}

/** The renewal without what the run filled in; the same where its fields were changed since. */
function undo(renewal: RenewalRecord, changes: Changes): RenewalRecord {
  const [hadInvoice, invoiceId] = changes['stripeInvoiceId'] ?? [];
  const [hadDate, date] = changes['givenDate'] ?? [];
  const isOwnLink = hadInvoice === null && renewal.invoiceId === invoiceId && renewal.linkedBy === LinkedBy.BACKFILL;
  const unlinked = isOwnLink ? { ...renewal, invoiceId: null, linkedBy: null } : renewal;
  const isOwnDate = hadDate === null && renewal.givenDate?.toISOString() === date;
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

/** Renewals of which something was raised or called: processing began, or `renewal.paid` is out and not held back. */
async function builtOn(tx: Transaction, renewals: readonly RenewalRecord[]): Promise<ReadonlySet<string>> {
  const claimed = renewals.filter(({ processingStartedAt, processedAt }) => processingStartedAt ?? processedAt);
  const announced = await tx.query<{ id: string }>(
    `select r.id from renewal r join event e on e.id = 'renewal.paid:' || r.id || ':' || r.stripe_invoice_id
     where r.id = any($1::bigint[]) and e.ignored_because is distinct from $2`,
    [renewals.map(({ id }) => id), HELD_BACK],
  );
  return new Set([...claimed, ...announced].map(({ id }) => id));
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
