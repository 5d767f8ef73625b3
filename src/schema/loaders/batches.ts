import type { EntityManager } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { sql, type RawBuilder } from 'kysely';
import type { Condition, Keyset } from '../connections/keyset.js';
import { readPages, type Page, type PageRequest } from '../connections/page.js';
import { columnsOf, createReader, type RawRow, type Source } from '../rows.js';

export type Fork = () => EntityManager;
type Sql = RawBuilder<unknown>;

export interface Key {
  readonly column: string;
  readonly type: 'bigint' | 'text' | 'uuid';
}

/**
 * Gathers what the fields of one level ask for into one statement. Nothing is remembered from one batch to the next: a mutation may
 * have changed it meanwhile.
 */
export const batched = <Asked, Answer, Name = Asked>(
  answer: (asked: readonly Asked[]) => Promise<readonly Answer[]>,
): DataLoader<Asked, Answer, Name> => new DataLoader<Asked, Answer, Name>(answer, { cache: false });

/** The row with each key, by a unique column. */
export function oneBy<Row extends object>(fork: Fork, source: Source<Row>, key: Key): DataLoader<string, Row | null> {
  return oneOf(fork, source, (keys) => ({ key: columnOf(source, key), rows: rowsBy(source, key, keys) }));
}

/** The row that is joined to each key: `key` of the rows that `rows` selects from. */
export function oneOf<Row extends object>(
  fork: Fork,
  source: Source<Row>,
  find: (keys: readonly string[]) => { readonly key: Sql; readonly rows: Sql },
): DataLoader<string, Row | null> {
  return batched(async (keys) => {
    const em = fork();
    const { key, rows } = find([...new Set(keys)]);
    const found = await rowsOf(em, sql`select ${key} as parent_key, ${columnsOf(em, source)} ${rows}`);
    const read = createReader(em, source);
    const byKey = new Map(found.map((row) => [row['parent_key'], read(row)]));
    return keys.map((asked) => byKey.get(asked) ?? null);
  });
}

/** All rows of each parent, oldest or smallest first by a column. */
export function manyBy<Row extends object>(
  fork: Fork,
  source: Source<Row>,
  key: Key & { readonly orderBy: string },
): DataLoader<string, Row[]> {
  return batched(async (keys) => {
    const em = fork();
    const rows = rowsBy(source, key, [...new Set(keys)]);
    const order = sql.ref(`${source.table}.${key.orderBy}`);
    const found = await rowsOf(
      em,
      sql`select ${columnOf(source, key)} as parent_key, ${columnsOf(em, source)} ${rows} order by ${order}`,
    );
    const byParent = Map.groupBy(found, (row) => row['parent_key']);
    return keys.map((parent) => (byParent.get(parent) ?? []).map(createReader(em, source)));
  });
}

export interface NestedPage extends PageRequest {
  readonly of: string;
}

/** A page of each parent's list: one statement for every distinct pair of `first` and `after`. */
export function pageBy<Row extends object>(
  fork: Fork,
  keyset: Keyset<Row>,
  {
    column,
    type,
    where = [],
  }: { readonly column: string; readonly type: 'bigint' | 'text'; readonly where?: Condition[] },
): DataLoader<NestedPage, Page<Row>> {
  return batched(async (asked) => {
    const answers = new Map<NestedPage, Page<Row>>();
    for (const alike of Map.groupBy(asked, ({ first, after }) => JSON.stringify([first, after])).values()) {
      const { first, after } = alike[0] as NestedPage;
      const parents = { column, type, keys: alike.map((page) => page.of) };
      const pages = await readPages(fork(), keyset, { first, after, parents, where });
      for (const page of alike) answers.set(page, pages.get(page.of) as Page<Row>);
    }
    return asked.map((page) => answers.get(page) as Page<Row>);
  });
}

export async function rowsOf(em: EntityManager, statement: RawBuilder<unknown>): Promise<RawRow[]> {
  return (await statement.execute(em.getKysely())).rows as RawRow[];
}

const columnOf = ({ table }: { readonly table: string }, { column }: Key): Sql => sql.ref(`${table}.${column}`);

const rowsBy = (source: { readonly table: string }, key: Key, keys: readonly string[]): Sql =>
  sql`from ${sql.table(source.table)} where ${columnOf(source, key)} = any(${keys}::${sql.raw(key.type)}[])`;
