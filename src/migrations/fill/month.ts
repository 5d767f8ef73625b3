import type { Query } from '../online-migration.js';

/**
 * Makes the partitions of `event_body` for this month and the next, where an older version has not. `query` must commit each statement:
 * a partition is made as a table and then attached, because that waits for nobody who stores bodies. What is not compressed
 * stays in its row where it fits.
 */
export async function makeMonths(query: Query): Promise<void> {
  const missing = await query<{ name: string; from: string; to: string; storage: string }>(
    `select 'event_body_' || to_char(month, 'YYYY_MM') as name,
       to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00' as from,
       to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00' as to,
       (select case attcompression when 'l' then '' else 'with (toast_tuple_target = 8160)' end
        from pg_attribute where attrelid = 'event_body'::regclass and attname = 'body') as storage
     from (select date_trunc('month', now() at time zone 'UTC') + n * interval '1 month' as month from generate_series(0, 1) n) m
     where not exists (
       select from pg_inherits join pg_class on pg_class.oid = inhrelid
       where inhparent = 'event_body'::regclass and relname = 'event_body_' || to_char(month, 'YYYY_MM'))`,
  );
  for (const { name, from, to, storage } of missing) {
    const table = `event_body_partition.${name}`;
    await query(`create table if not exists ${table} (like event_body including all) ${storage}`);
    await query(`alter table event_body attach partition ${table} for values from ('${from}') to ('${to}')`);
  }
}
