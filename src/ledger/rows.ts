import type { ColumnType } from '../database/array-parameter.js';
import { type Columns, type Field, type Unnested, unnestFields } from '../database/bulk.js';
import { toDate } from '../database/transaction.js';

/**
 * A record's columns: its field to `<column> <type>`. The driver hands timestamps over as text; they are read as instants. An `int8`
 * is read as a number (an amount), a `bigint` stays text (an id).
 */
export interface Table<T> {
  readonly name: string;
  /** Whether it has `updated_at`. */
  readonly isTimestamped?: boolean;
  readonly columns: { readonly [Name in keyof T]-?: `${string} ${ColumnType}` };
}

/** The select list that names columns by the record's fields. */
export function selectList<T>(table: Table<T>): string {
  return entriesOf(table)
    .map(({ field, column }) => `"${column}" as "${field}"`)
    .join(', ');
}

export function toRecords<T>(table: Table<T>, rows: readonly Record<string, unknown>[]): T[] {
  const entries = entriesOf(table);
  const dates = entries.filter(({ type }) => type === 'timestamptz');
  const numbers = entries.filter(({ type }) => type === 'int8');
  for (const row of rows) {
    for (const { field } of dates) row[field] = toDate(row[field] as string | null);
    for (const { field } of numbers) row[field] = row[field] === null ? null : Number(row[field]);
  }
  return rows as T[];
}

/** Records as bound parameters, a column each: see `toUnnest`. */
export function unnestRecords<T extends object>(
  table: Table<T>,
  records: readonly T[],
): Unnested & { readonly columns: Columns } {
  const entries = entriesOf(table);
  const columns = Object.fromEntries(entries.map(({ column, type }) => [column, type]));
  return { ...unnestFields(records, entries), columns };
}

const known = new WeakMap<object, readonly Field[]>();

function entriesOf<T>(table: Table<T>): readonly Field[] {
  const entries = known.get(table.columns) ?? readEntries(table);
  known.set(table.columns, entries);
  return entries;
}

function readEntries<T>(table: Table<T>): Field[] {
  return Object.entries<`${string} ${ColumnType}`>(table.columns).map(([field, definition]) => {
    const [column, type] = definition.split(' ') as [string, ColumnType];
    return { field, column, type };
  });
}
