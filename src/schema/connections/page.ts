import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { columnsOf, createReader, type RawRow } from '../rows.js';
import { conditionsAfter, cursorOf, orderOf, timeOf, type Condition, type Keyset } from './keyset.js';

export interface PageRequest {
  readonly first: number;
  readonly after?: string | null | undefined;
}

export interface Page<Row> {
  readonly nodes: Row[];
  readonly edges: { readonly cursor: string; readonly node: Row }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** The rows that belong to one parent each, by a column of theirs. */
export interface Parents {
  readonly column: string;
  readonly type: 'bigint' | 'text';
  readonly keys: readonly string[];
}

/**
 * One page of a list, newest first. Rows that arrive meanwhile never shift it: it starts after a key, not after a count.
 * One row more than asked for is read, to know whether there is more.
 */
export async function readPage<Row extends object>(
  em: EntityManager,
  keyset: Keyset<Row>,
  request: PageRequest & { readonly where: readonly Condition[] },
): Promise<Page<Row>> {
  const conditions = [sql`true`, ...request.where, ...conditionsAfter(keyset, request.after)];
  const { rows } = await sql<RawRow>`
    select ${columnsOf(em, keyset)}, ${timeOf(keyset)} as cursor_at
    from ${sql.table(keyset.table)} where ${sql.join(conditions, sql` and `)}
    order by ${orderOf(keyset)} limit ${request.first + 1}`.execute(em.getKysely());
  return toPage(em, keyset, { ...request, rows });
}

/** The same page of every parent's list, by one statement however many parents there are. */
export async function readPages<Row extends object>(
  em: EntityManager,
  keyset: Keyset<Row>,
  request: PageRequest & { readonly parents: Parents; readonly where?: readonly Condition[] },
): Promise<Map<string, Page<Row>>> {
  const { column, type, keys } = request.parents;
  const own = sql`${sql.ref(`${keyset.table}.${column}`)} = parent.key`;
  const conditions = [own, ...(request.where ?? []), ...conditionsAfter(keyset, request.after)];
  const { rows } = await sql<RawRow>`
    select parent.key as parent_key, ${sql.table(keyset.table)}.*
    from unnest(${[...new Set(keys)]}::${sql.raw(type)}[]) as parent (key)
    cross join lateral (
      select ${columnsOf(em, keyset)}, ${timeOf(keyset)} as cursor_at
      from ${sql.table(keyset.table)} where ${sql.join(conditions, sql` and `)}
      order by ${orderOf(keyset)} limit ${request.first + 1}
    ) as ${sql.table(keyset.table)}
    order by ${orderOf(keyset)}`.execute(em.getKysely());
  const byParent = Map.groupBy(rows, (row) => String(row['parent_key']));
  return new Map(keys.map((key) => [key, toPage(em, keyset, { ...request, rows: byParent.get(key) ?? [] })]));
}

function toPage<Row extends object>(
  em: EntityManager,
  keyset: Keyset<Row>,
  { first, after, rows }: PageRequest & { readonly rows: readonly RawRow[] },
): Page<Row> {
  const read = createReader(em, keyset);
  const edges = rows.slice(0, first).map((row) => ({ cursor: cursorOf(keyset, row), node: read(row) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: after !== null && after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
