import { type AnyEvent, HandlerMap } from '@renewal-ledger/sdk';
import { pino } from 'pino';
import { type Clock, systemClock } from '../../src/clock.js';
import { connectDatabase } from '../../src/database/orm.js';
import { inTransaction } from '../../src/database/transaction.js';
import { createAnnouncer } from '../../src/events/announcer.js';
import { createDispatcher, type Dispatcher } from '../../src/events/dispatch.js';
import type { Raise } from '../../src/events/delivery-run.js';
import type { RecordFacts } from '../../src/events/fact-recorder.js';
import type { ChangingSource } from '../../src/events/handler-source.js';
import { type Jobs, openJobs } from '../../src/events/jobs.js';
import { ensurePartitions } from '../../src/events/partitions.js';
import { createReplay, type ReplayEvents } from '../../src/events/replay.js';
import type { Schedule } from '../../src/events/schedules.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';

export interface PipelineOptions {
  readonly facts?: HandlerMap;
  readonly handlers?: HandlerMap;
  readonly endpoints?: ChangingSource;
  readonly recordFacts?: RecordFacts;
  readonly schedules?: readonly Schedule[];
  readonly clock?: Clock;
  /** False: the workers are started by the test. */
  readonly started?: boolean;
}

export interface Pipeline {
  readonly db: TestDatabase;
  readonly jobs: Jobs;
  readonly dispatcher: Dispatcher;
  readonly replay: ReplayEvents;
  stop(): Promise<void>;
}

/** A database with room for events of this month and of all before. */
export async function openDatabase(): Promise<TestDatabase> {
  const db = await openTestDatabase();
  await ensurePartitions((text, parameters) => db.sql(text, parameters), { months: 1 });
  const [month] = await db.sql<{ start: string }>(
    `select to_char(date_trunc('month', now() at time zone 'UTC'), 'YYYY-MM-DD') as start`,
  );
  await db.sql(
    `create table event_body_partition.past partition of event_body for values from (minvalue) to ('${month!.start} 00:00:00+00')`,
  );
  return db;
}

/** As if all this had been stored, and all deliveries had been due, so much earlier. */
export async function age(db: TestDatabase, eventIds: readonly string[], interval: string): Promise<void> {
  for (const [table, key, columns] of AGEING) {
    const earlier = columns.map((column) => `${column} = ${column} - $2::interval`).join(', ');
    await db.sql(`update ${table} set ${earlier} where ${key} = any($1)`, [eventIds, interval]);
  }
}

const AGEING = [
  ['event', 'id', ['received_at']],
  ['event_body', 'event_id', ['received_at']],
  ['delivery', 'event_id', ['created_at', 'next_try_at', 'waiting_since']],
] as const;

/** As if every job had been lost. */
export async function loseJobs(db: TestDatabase): Promise<void> {
  await db.sql('delete from pgboss.job');
}

/** One process's workers over the database. */
export async function openPipeline(db: TestDatabase, options: PipelineOptions = {}): Promise<Pipeline> {
  const log = pino({ level: process.env['DISPATCH_LOG'] ?? 'silent' });
  const jobs = await openJobs({ url: db.url, log, works: true });
  const orm = await connectDatabase(db.url, { pool: 10 });
  const {
    facts = new HandlerMap(),
    handlers = new HandlerMap(),
    recordFacts = async () => new Map(),
    schedules = [],
    clock = systemClock,
  } = options;
  const announcer = createAnnouncer(jobs, [facts, handlers]);
  const raise = createRaise((tx, ids) =>
    announcer.wake(
      tx,
      ids.map((id) => ({ id, lane: id })),
    ),
  );
  const dispatcher = createDispatcher({
    em: orm.em,
    jobs,
    factHandlers: facts,
    handlers,
    ...(options.endpoints && { endpoints: options.endpoints }),
    recordFacts,
    raise,
    schedules,
    log,
    clock,
  });
  if (options.started !== false) await dispatcher.start();
  return {
    db,
    jobs,
    dispatcher,
    replay: createReplay(orm.em, jobs),
    async stop() {
      await dispatcher.stop();
      await jobs.close();
      await orm.close();
    },
  };
}

/** What the ledger does, as far as dispatch can tell. */
function createRaise(wake: (tx: Parameters<Raise>[0], ids: string[]) => Promise<void>): Raise {
  return async (tx, events) => {
    const born = await tx.query<{ id: string }>(
      `with v as (select t || ':' || k as id, t as type, b as body from unnest($1::text[], $2::text[], $3::text[]) v (t, k, b)),
            born as (insert into event (id, type, source, state, occurred_at, body_hash)
                     select id, type, 'LEDGER', 'PENDING', now(), sha256(convert_to(body, 'UTF8')) from v order by id on conflict do nothing returning id, received_at),
            bodies as (insert into event_body (event_id, received_at, body)
                       select born.id, born.received_at, convert_to(v.body, 'UTF8') from born join v on v.id = born.id)
       select id from born`,
      [
        events.map(({ type }) => type),
        events.map(({ key }) => key),
        events.map(({ type, key, payload }) =>
          JSON.stringify({ id: `${type}:${key}`, object: 'event', type, created: 1, data: { object: payload } }),
        ),
      ],
    );
    await wake(
      tx,
      born.map(({ id }) => id),
    );
  };
}

export interface StoreOptions {
  /** False: as if the job had been lost. */
  readonly wake?: boolean;
  /** What lies in `event_body` instead of the event's JSON. */
  readonly body?: string;
}

/** Stores events as the webhook does: rows and wake-ups in one commit. */
export async function store(
  { db, jobs }: Pick<Pipeline, 'db' | 'jobs'>,
  events: readonly AnyEvent[],
  { wake = true, body }: StoreOptions = {},
): Promise<void> {
  await inTransaction(db.em(), async (tx) => {
    await tx.query(
      `with v as (select * from unnest($1::text[], $2::text[], $3::text[]) v (id, type, body)),
            born as (insert into event (id, type, source, state, occurred_at, body_hash)
                     select id, type, 'STRIPE', 'PENDING', now(), sha256(convert_to(body, 'UTF8')) from v returning id, received_at)
       insert into event_body (event_id, received_at, body) select born.id, born.received_at, convert_to(v.body, 'UTF8') from born join v on v.id = born.id`,
      [
        events.map(({ id }) => id),
        events.map(({ type }) => type),
        events.map((event) => body ?? JSON.stringify(event)),
      ],
    );
    if (wake)
      await jobs.wakeEvents(
        tx.query,
        events.map(({ id }) => ({ id, lane: id })),
      );
  });
}

let counter = 0;

/** An event of the type, with an id of its own. */
export function anEvent(
  type: string,
  rest: Readonly<Record<string, unknown>> = {},
): AnyEvent & { readonly data: { readonly object: Record<string, unknown> } } {
  counter += 1;
  return {
    id: `evt_${process.pid}_${counter}`,
    object: 'event',
    type,
    created: 1_700_000_000 + counter,
    data: { object: { id: `obj_${counter}` } },
    ...rest,
  } as never;
}

export async function stateOf(db: TestDatabase, id: string): Promise<string | undefined> {
  const [row] = await db.sql<{ state: string }>('select state from event where id = $1', [id]);
  return row?.state;
}

export interface DeliveryRow {
  readonly state: string;
  readonly tries: number;
  readonly waiting_for: string | null;
  readonly last_error: string | null;
  readonly next_try_at: Date | null;
  readonly finished_at: Date | null;
}

/** Handler to delivery. */
export async function deliveriesOf(db: TestDatabase, id: string): Promise<Record<string, DeliveryRow>> {
  const rows = await db.sql<DeliveryRow & { handler: string }>(
    'select * from delivery where event_id = $1 order by handler',
    [id],
  );
  return Object.fromEntries(rows.map((row) => [row.handler, row]));
}
