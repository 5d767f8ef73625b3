import type { Query } from './jobs.js';

/** The partition of one month of `event_body`, in UTC. */
interface Month {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Its storage parameters. */
  readonly storage: string;
}

/** What two processes that make the same partition at the same moment may hit: it is there already, and the other's is as good. */
const MADE_BY_ANOTHER = new Set(['23505', '42710', '42P07', '42809']);

/**
 * Makes the partitions of `event_body` for this month and the next ones, by the database's clock, where they are missing.
 *
 * `query` must commit each statement: a partition is made as a table and then attached, because that waits for nobody who
 * reads or stores bodies, while creating it in place would block them behind a long dump.
 */
export async function ensurePartitions(query: Query, { months }: { readonly months: number }): Promise<void> {
  const missing = (await query(MISSING_MONTHS, [months])) as Month[];
  for (const month of missing) await makePartition(query, month);
}

/** The same for the months of these times: for events that were received before they came here. */
export async function ensurePartitionsOf(query: Query, times: readonly Date[]): Promise<void> {
  const months = [...new Set(times.map((time) => `${time.toISOString().slice(0, 7)}-01`))];
  const missing = (await query(MISSING_OF_THESE, [months])) as Month[];
  for (const month of missing) await makePartition(query, month);
}

async function makePartition(query: Query, { name, from, to, storage }: Month): Promise<void> {
  const table = `event_body_partition.${name}`;
  await unlessMade(() => query(`create table if not exists ${table} (like event_body including all) ${storage}`));
  await unlessMade(() =>
    query(`alter table event_body attach partition ${table} for values from ('${from}') to ('${to}')`),
  );
}

async function unlessMade(make: () => Promise<unknown>): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (!MADE_BY_ANOTHER.has(String((error as { code?: unknown }).code))) throw error;
  }
}

/**
 * What is not compressed costs least where it stays in its row: moved out it is cut into pieces of 2 KB, each with a row and an index
 * entry of its own. 8160 bytes are the most that PostgreSQL takes.
 */
const STORAGE = `
  select case attcompression when 'l' then '' else 'with (toast_tuple_target = 8160)' end
  from pg_attribute where attrelid = 'event_body'::regclass and attname = 'body'`;

const missingOf = (months: string) => `
  select 'event_body_' || to_char(month, 'YYYY_MM') as name,
    to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00' as from,
    to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00' as to, (${STORAGE}) as storage
  from (${months}) months
  where not exists (
    select from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    where inhparent = 'event_body'::regclass and relname = 'event_body_' || to_char(month, 'YYYY_MM'))
  order by month`;

const MISSING_MONTHS = missingOf(
  "select date_trunc('month', now() at time zone 'UTC') + n * interval '1 month' as month from generate_series(0, $1::int - 1) n",
);

const MISSING_OF_THESE = missingOf('select unnest($1::timestamp[]) as month');
