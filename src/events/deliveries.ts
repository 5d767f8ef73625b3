import { toUnnest } from '../database/bulk.js';
import type { Transaction } from '../database/transaction.js';
import { IgnoredBecause } from './ignored.js';
import type { Mark } from './delivery-marks.js';

/** A row of `delivery` as dispatch needs it. */
export interface DeliveryRow {
  readonly eventId: string;
  readonly handler: string;
  readonly state: string;
  readonly tries: number;
  readonly signals: number;
  readonly waitingFor: string | null;
  /** Unfinished, and its time has come. */
  readonly isDue: boolean;
}

export interface DeliveryMark extends Mark {
  readonly eventId: string;
  readonly handler: string;
  /** `delivery.signals` as the run found it. */
  readonly signals: number;
}

export const UNFINISHED = `('PENDING', 'RETRYING', 'WAITING')`;

export function readDeliveries(tx: Transaction, eventIds: readonly string[]): Promise<DeliveryRow[]> {
  return tx.query<DeliveryRow>(
    `select event_id as "eventId", handler, state, tries, signals, waiting_for as "waitingFor",
            state in ${UNFINISHED} and coalesce(next_try_at <= now(), true) as "isDue"
       from delivery where event_id = any($1)`,
    [eventIds],
  );
}

/** Events are locked before their deliveries change, ascending: `recomputeEvents` then sees what others have committed. */
export async function lockEvents(tx: Transaction, eventIds: readonly string[]): Promise<void> {
  await tx.query('select id from event where id = any($1) order by id for no key update', [eventIds]);
}

/** Adds deliveries that are to be run; those that are there already stay as they are. Answers the new ones. */
export function insertDeliveries(
  tx: Transaction,
  rows: readonly { readonly eventId: string; readonly handler: string }[],
): Promise<{ eventId: string; handler: string }[]> {
  if (rows.length === 0) return Promise.resolve([]);
  const { source, parameters } = toUnnest(rows, { eventId: 'text', handler: 'text' });
  return tx.query(
    `insert into delivery (event_id, handler, state, next_try_at)
     select "eventId", handler, 'PENDING', now() from ${source}
     on conflict (event_id, handler) do nothing
     returning event_id as "eventId", handler`,
    parameters,
  );
}

/**
 * Writes what runs came to that were not claimed: a row is born finished where there is none. A finished row stays, and one that
 * was signalled after the run looked stays due, unless the run finished it. Answers those that were written.
 */
export function upsertMarks(
  tx: Transaction,
  marks: readonly DeliveryMark[],
): Promise<{ eventId: string; handler: string }[]> {
  if (marks.length === 0) return Promise.resolve([]);
  const { source, parameters } = toUnnest(marks, MARK_COLUMNS);
  return tx.query(
    `insert into delivery (event_id, handler, state, tries, signals, waiting_for, waiting_since, last_error, next_try_at, finished_at)
     select "eventId", handler, state, tries, signals, "waitingFor", case state when 'WAITING' then now() end, "lastError",
            now() + "nextTrySeconds" * interval '1 second', case when state in ('DONE', 'DEAD') then now() end
       from ${source}
     on conflict (event_id, handler) do update
        set state = excluded.state, tries = excluded.tries, waiting_for = excluded.waiting_for,
            waiting_since = case when excluded.waiting_for = delivery.waiting_for
                                 then coalesce(delivery.waiting_since, excluded.waiting_since) else excluded.waiting_since end,
            last_error = excluded.last_error, next_try_at = excluded.next_try_at, finished_at = excluded.finished_at
      where delivery.state in ${UNFINISHED} and (excluded.state = 'DONE' or delivery.signals = excluded.signals)
     returning event_id as "eventId", handler`,
    parameters,
  );
}

const MARK_COLUMNS = {
  eventId: 'text',
  handler: 'text',
  state: 'text',
  tries: 'int',
  signals: 'int',
  waitingFor: 'text',
  lastError: 'text',
  nextTrySeconds: 'float8',
} as const;

export interface ClaimedMark extends Omit<DeliveryMark, 'state' | 'signals'> {
  readonly state: Mark['state'] | 'PENDING';
  /** The row as it was claimed. */
  readonly claimed: Pick<DeliveryRow, 'state' | 'tries' | 'signals'>;
}

/**
 * Marks a claimed delivery and brings its event's state up to date, in one statement; the event's row must be locked. False, and nothing
 * is changed, if the delivery is not any more as it was claimed.
 */
export async function markDelivery(tx: Transaction, { claimed, ...mark }: ClaimedMark): Promise<boolean> {
  const marked = await tx.query(
    `with marked as (
       update delivery
          set state = $6, tries = $7, waiting_for = $8::text,
              waiting_since = case when $8::text = waiting_for then coalesce(waiting_since, now()) when $8::text is not null then now() end,
              last_error = $9, next_try_at = now() + $10::float8 * interval '1 second',
              finished_at = case when $6 in ('DONE', 'DEAD') then now() end
        where event_id = $1 and handler = $2 and state = $3 and tries = $4 and signals = $5
       returning event_id, state),
     judged as (
       update event e set state = s.state, handled_at = case s.state when 'HANDLED' then now() end, ignored_because = null
         from (select ${JUDGEMENT} as state
                 from (select state from delivery where event_id = $1 and handler <> $2 union all select state from marked) d) s
        where e.id = (select event_id from marked) and e.state <> s.state)
     select 1 from marked`,
    [
      mark.eventId,
      mark.handler,
      claimed.state,
      claimed.tries,
      claimed.signals,
      mark.state,
      mark.tries,
      mark.waitingFor,
      mark.lastError,
      mark.nextTrySeconds,
    ],
  );
  return marked.length > 0;
}

/** An event's state by its deliveries `d`. */
const JUDGEMENT = `case when bool_or(d.state = 'DEAD') then 'DEAD' when bool_or(d.state = 'RETRYING') then 'RETRYING'
                        when bool_or(d.state = 'WAITING') then 'WAITING' when bool_or(d.state = 'PENDING') then 'PENDING' else 'HANDLED' end`;

/**
 * The state of events from their deliveries: DEAD, else RETRYING, WAITING, PENDING, else HANDLED; IGNORED where there is none.
 * The events' rows must be locked.
 */
export async function recomputeEvents(tx: Transaction, eventIds: readonly string[]): Promise<void> {
  await tx.query(
    `update event e
        set state = s.state, handled_at = case s.state when 'HANDLED' then now() end,
            ignored_because = case s.state when 'IGNORED' then $2 end
       from (select v.id, case when count(d.event_id) = 0 then 'IGNORED' else ${JUDGEMENT} end as state
               from unnest($1::text[]) v (id) left join delivery d on d.event_id = v.id and d.event_id = any($1) group by v.id) s
      where e.id = s.id and e.id = any($1) and e.state <> s.state`,
    [eventIds, IgnoredBecause.NO_HANDLER],
  );
}
