import { type Kysely, sql } from 'kysely';
import { BadInputError } from '../errors.js';
import { eventConditions } from './connections/event-conditions.js';
import { keysets, orderOf } from './connections/keyset.js';
import type { EventFilter } from './inputs/event.filter.js';

export interface WantedEvents {
  readonly ids?: readonly string[] | null | undefined;
  readonly filter?: EventFilter | null | undefined;
  readonly limit: number;
}

/** The ids that are named, or the newest that the filter finds; with both, those named that it finds. */
export async function findEventIds(
  // oxlint-disable-next-line typescript/no-explicit-any -- as the ORM hands it out
  database: Kysely<any>,
  { ids, filter, limit }: WantedEvents,
): Promise<readonly string[]> {
  if (filter === null || filter === undefined) {
    if (ids === null || ids === undefined)
      throw new BadInputError('Give ids or filter: which events are to be replayed?');
    return [...new Set(ids)];
  }
  const named = ids === null || ids === undefined ? [] : [sql`event.id = any(${[...new Set(ids)]}::text[])`];
  const conditions = sql.join([sql`true`, ...named, ...eventConditions(filter)], sql` and `);
  const { rows } = await sql<{ id: string }>`
    select event.id from event where ${conditions} order by ${orderOf(keysets.events)} limit ${limit}`.execute(
    database,
  );
  return rows.map((row) => row.id);
}
