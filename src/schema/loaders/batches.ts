import type { EntityName } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { sql, type RawBuilder } from 'kysely';
import type { Keyset } from '../connections/keyset.js';
import { readPages, type Page, type PageRequest } from '../connections/page.js';
import { toEntity, type RawRow } from '../rows.js';

export type Fork = () => EntityManager;

export interface Source<Row extends object> {
  readonly entity: EntityName<Row>;
  readonly table: string;
}

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
export function oneBy<Row extends object>(fork: Fork, { entity, table }: Source<Row>, key: Key): DataLoader<string, Row | null> {
  const column = sql.ref(`${table}.${key.column}`);
  return joined(fork, entity, (keys) => sql`
    select ${column} as parent_key, ${sql.table(table)}.* from ${sql.table(table)}
    where ${column} = any(${keys}::${sql.raw(key.type)}[])`);
}

/** The row that a statement answers for each `parent_key`. */
export function joined<Row extends object>(
  fork: Fork,
  entity: EntityName<Row>,
  statement: (keys: readonly string[]) => RawBuilder<unknown>,
): DataLoader<string, Row | null> {
  return batched(async (keys) => {
    const em = fork();
    const rows = await rowsOf(em, statement([...new Set(keys)]));
    const byKey = new Map(rows.map((row) => [row['parent_key'], toEntity(em, entity, row)]));
    return keys.map((key) => byKey.get(key) ?? null);
  });
}

/** All rows of each parent, oldest or smallest first by a column. */
export function manyBy<Row extends object>(
  fork: Fork,
  { entity, table }: Source<Row>,
  key: Key & { readonly orderBy: string },
): DataLoader<string, Row[]> {
  const column = sql.ref(`${table}.${key.column}`);
  return batched(async (keys) => {
    const em = fork();
    const rows = await rowsOf(em, sql`
      select ${column} as parent_key, ${sql.table(table)}.* from ${sql.table(table)}
      where ${column} = any(${[...new Set(keys)]}::${sql.raw(key.type)}[]) order by ${sql.ref(`${table}.${key.orderBy}`)}`);
    const byKey = Map.groupBy(rows, (row) => row['parent_key']);
    return keys.map((parent) => (byKey.get(parent) ?? []).map((row) => toEntity(em, entity, row)));
  });
}

export interface NestedPage extends PageRequest {
  readonly of: string;
}

/** A page of each parent's list: one statement for every distinct pair of `first` and `after`. */
export function pageBy<Row extends object>(
  fork: Fork,
  keyset: Keyset<Row>,
  { column, type }: { readonly column: string; readonly type: 'bigint' | 'text' },
): DataLoader<NestedPage, Page<Row>> {
  return batched(async (asked) => {
    const answers = new Map<NestedPage, Page<Row>>();
    for (const alike of Map.groupBy(asked, ({ first, after }) => JSON.stringify([first, after])).values()) {
      const { first, after } = alike[0] as NestedPage;
      const parents = { column, type, keys: alike.map((page) => page.of) };
      const pages = await readPages(fork(), keyset, { first, ...(after && { after }), parents });
      for (const page of alike) answers.set(page, pages.get(page.of) as Page<Row>);
    }
    return asked.map((page) => answers.get(page) as Page<Row>);
  });
}

export async function rowsOf(em: EntityManager, statement: RawBuilder<unknown>): Promise<RawRow[]> {
  return (await statement.execute(em.getKysely())).rows as RawRow[];
}
