import { type Columns, toUnnest } from '../database/bulk.js';
import type { Transaction } from '../database/transaction.js';
import type { Changes } from '../entities/record-change.js';
import { changesBetween, differs, INTENT_HISTORY, RENEWAL_HISTORY, type RenewalChangeRow } from './history.js';
import { STATUS_RANK } from './invoice-facts.js';
import type {
  IntentRecord,
  InvoiceFactRecord,
  InvoiceRecord,
  MoveRecord,
  RenewalRecord,
  SubscriptionRecord,
} from './records.js';
import { type Table, unnestRecords } from './rows.js';
import { intentTable, invoiceFactTable, invoiceTable, moveTable, renewalTable, subscriptionTable } from './tables.js';

/** Who changed what, and why: one row of history. */
export interface Author {
  readonly by: string;
  readonly reason: string | null;
}

/** A renewal as it was (null: just created) and as it is to be. */
export interface RenewalPair extends Author {
  readonly before: RenewalRecord | null;
  readonly after: RenewalRecord;
}

export interface IntentPair extends Author {
  readonly before: IntentRecord | null;
  readonly after: IntentRecord;
}

/** The rows are there already, and locked. */
export async function writeSubscriptions(tx: Transaction, subscriptions: readonly SubscriptionRecord[]): Promise<void> {
  await update(tx, subscriptionTable, subscriptions);
}

/** A second's moves are written again whenever one of its events comes: their order may have changed. */
export async function writeMoves(tx: Transaction, moves: readonly MoveRecord[]): Promise<void> {
  if (moves.length === 0) return;
  const { source, names, parameters } = unnestRecords(moveTable, moves);
  const text = `insert into subscription_move (${names}) select * from ${source} order by subscription_id, event_id
    on conflict (subscription_id, event_id) do update set position = excluded.position`;
  await tx.query(text, parameters);
}

/**
 * One write an invoice, with what settling made of it. An invoice without a subscription has no row that both of two batches would lock:
 * there the later fact is written, whichever commits last.
 */
export async function writeInvoiceFacts(tx: Transaction, invoices: readonly InvoiceFactRecord[]): Promise<void> {
  if (invoices.length === 0) return;
  const { source, names, parameters, columns } = unnestRecords(invoiceFactTable, invoices);
  const text = `insert into invoice (${names}) select * from ${source} order by id on conflict (id) do update set ${setList(columns, 'excluded')}
    where ${factOrder('excluded')} > ${factOrder('invoice')}`;
  await tx.query(text, parameters);
}

/** The order of `compareInvoices`, in SQL. */
function factOrder(row: string): string {
  const ranks = Object.entries(STATUS_RANK).map(([status, rank]) => `when '${status}' then ${rank}`);
  return `row(case ${row}.status ${ranks.join(' ')} end, coalesce(${row}.as_of, '-infinity'), ${row}.as_of_event_id collate "C")`;
}

export async function writeInvoiceOutcomes(tx: Transaction, invoices: readonly InvoiceRecord[]): Promise<void> {
  const { id, outcome, isLinked, wantedRenewalId } = invoiceTable.columns;
  const outcomes: Table<Pick<InvoiceRecord, 'id' | 'outcome' | 'isLinked' | 'wantedRenewalId'>> = {
    name: invoiceTable.name,
    columns: { id, outcome, isLinked, wantedRenewalId },
  };
  await update(tx, outcomes, invoices);
}

/** Writes what differs, with its history, and answers the rows of history. Links are let go first: an invoice may move between two renewals. */
export async function writeRenewals(tx: Transaction, pairs: readonly RenewalPair[]): Promise<RenewalChangeRow[]> {
  const changed = pairs.filter(({ before, after }) => before === null || differs(before, after));
  const freed = changed.flatMap(({ before, after }) =>
    before !== null && before.invoiceId !== null && before.invoiceId !== after.invoiceId ? [before.id] : [],
  );
  const told = changed
    .map((pair) => ({
      ...pair,
      recordId: pair.after.id,
      changes: changesBetween(RENEWAL_HISTORY, pair.before, pair.after),
    }))
    .filter(({ changes }) => Object.keys(changes).length > 0);
  const [ids] = await Promise.all([
    writeHistory(tx, 'renewal', told),
    freed.length > 0 && tx.query('update renewal set stripe_invoice_id = null where id = any($1::bigint[])', [freed]),
    update(
      tx,
      renewalTable,
      changed.map(({ after }) => after),
    ),
  ]);
  return told.map(({ before, after, by, reason }) => ({ id: ids.get(after.id) ?? '', before, after, by, reason }));
}

export async function writeIntents(tx: Transaction, pairs: readonly IntentPair[]): Promise<void> {
  const changed = pairs.filter(({ before, after }) => before === null || differs(before, after));
  const told = changed.map((pair) => ({
    ...pair,
    recordId: pair.after.id,
    changes: changesBetween(INTENT_HISTORY, pair.before, pair.after),
  }));
  await Promise.all([
    update(
      tx,
      intentTable,
      changed.map(({ after }) => after),
    ),
    writeHistory(
      tx,
      'checkout_intent',
      told.filter(({ changes }) => Object.keys(changes).length > 0),
    ),
  ]);
}

interface HistoryRow extends Author {
  readonly recordId: string;
  readonly changes: Changes;
}

const HISTORY_COLUMNS = { recordId: 'bigint', by: 'text', reason: 'text', changes: 'jsonb' } as const;

/** Answers the new rows' ids by record: a record has one at most. */
export async function writeHistory(
  tx: Transaction,
  record: 'renewal' | 'checkout_intent',
  rows: readonly HistoryRow[],
): Promise<Map<string, string>> {
  if (rows.length === 0) return new Map();
  const { source, parameters } = toUnnest(rows, HISTORY_COLUMNS);
  const inserted = await tx.query<{ id: string; recordId: string }>(
    `insert into ${record}_change (${record}_id, by, reason, changes) select * from ${source} returning id, ${record}_id as "recordId"`,
    parameters,
  );
  return new Map(inserted.map(({ id, recordId }) => [recordId, id]));
}

async function update<T extends object>(tx: Transaction, table: Table<T>, records: readonly T[]): Promise<void> {
  if (records.length === 0) return;
  const { source, parameters, columns } = unnestRecords(table, records);
  const ids = `$${Object.keys(columns).indexOf('id') + 1}::${columns['id']}[]`;
  const touched = table.isTimestamped === true ? ', updated_at = now()' : '';
  await tx.query(
    `update ${table.name} t set ${setList(columns, 'v')}${touched} from ${source} where t.id = v.id and t.id = any(${ids})`,
    parameters,
  );
}

function setList(columns: Columns, source: string): string {
  return Object.keys(columns)
    .filter((name) => name !== 'id')
    .map((name) => `"${name}" = ${source}."${name}"`)
    .join(', ');
}
