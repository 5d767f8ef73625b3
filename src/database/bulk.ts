import { type ColumnType, type ColumnValues, toArrayParameter } from './array-parameter.js';

/** Column name to PostgreSQL type, in the order of the insert. */
export type Columns = Readonly<Record<string, ColumnType>>;

/** What is written to columns. What is written to one of JSON is any value that has a JSON text. */
export type Row<Of extends Columns> = {
  readonly [Name in keyof Of]: Of[Name] extends 'jsonb' ? unknown : ColumnValues[Of[Name]] | null | undefined;
};

export interface Field {
  readonly field: string;
  readonly column: string;
  readonly type: ColumnType;
}

export interface Unnested {
  /** What follows `from`: the rows, in their order, under the name `v`. */
  readonly source: string;
  readonly names: string;
  readonly parameters: Buffer[];
}

/** Many rows as one bound parameter a column. `offset` is the number of parameters that stand before. */
export function toUnnest<const Of extends Columns>(rows: readonly Row<Of>[], columns: Of, offset = 0): Unnested {
  const fields = Object.entries(columns).map(([name, type]) => ({ field: name, column: name, type }));
  return unnestFields(rows, fields, offset);
}

/** The same of rows whose fields are named otherwise than their columns. */
export function unnestFields(rows: readonly object[], fields: readonly Field[], offset = 0): Unnested {
  const names = fields.map(({ column }) => `"${column}"`);
  const lists = fields.map(({ type }, index) => `unnest($${offset + index + 1}::${type}[]) as ${names[index]}`);
  return {
    source: `(select ${lists.join(', ')}) as v`,
    names: names.join(', '),
    parameters: fields.map(({ field, type }) =>
      toParameter(rows as readonly Readonly<Record<string, unknown>>[], field, type),
    ),
  };
}

function toParameter(rows: readonly Readonly<Record<string, unknown>>[], field: string, type: ColumnType): Buffer {
  const values = rows.map((row) => (type === 'jsonb' ? toJson(row[field]) : row[field]));
  return toArrayParameter(type, values as (ColumnValues[ColumnType] | null | undefined)[]);
}

const toJson = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value);
