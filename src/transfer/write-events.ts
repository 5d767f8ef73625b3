import { toUnnest } from '../database/bulk.js';
import { preferIndexes, type Transaction } from '../database/transaction.js';
import { DeliveryState, EventSource, EventState } from '../entities/states.js';
import { LedgerError } from '../errors.js';
import { readFacts } from '../events/fact-reading.js';
import type { FactOutcome, ReadEvent } from '../events/fact-recorder.js';
import { createLanes } from '../events/lanes.js';
import { toLastError } from '../events/last-error.js';
import { type NewEvent, readNewEvent } from '../events/new-event.js';
import { ensurePartitionsOf } from '../events/partitions.js';
import { isDatabaseAway, isPassing } from '../database/sql-errors.js';
import { runCommand } from '../ledger/commands/context.js';
import { OBSERVED } from '../ledger/fact.js';
import { HELD_BACK } from '../ledger/raise.js';
import { createFactRecorder } from '../ledger/record-facts.js';
import type { ImportContext } from './context.js';
import type { EventRow } from './records.js';

export interface StoredEvents {
  readonly stored: number;
  /** Stored, and DEAD: nothing can be read from them. */
  readonly unreadable: number;
}

/** One event that the database does not take; those before it are stored. */
export class EventNotStoredError extends LedgerError {
  readonly code = 'EVENT_NOT_STORED';

  constructor(id: string, cause: unknown) {
    super(
      `Event ${JSON.stringify(id)} could not be stored: ${toLastError(cause)}. Take it out of the file, and run the import again.`,
      { cause },
    );
  }
}

interface Incoming {
  readonly event: NewEvent;
  readonly receivedAt: string;
  /** What becomes of it once it is stored. */
  readonly state: EventState;
  readonly ignoredBecause: string | null;
}

const COLUMNS = {
  id: 'text',
  type: 'text',
  source: 'text',
  state: 'text',
  ignored_because: 'text',
  api_version: 'text',
  livemode: 'boolean',
  account: 'text',
  occurred_at: 'timestamptz',
  // As it is written: a Date would lose its microseconds.
  received_at: 'text',
  stripe_customer_id: 'text',
  stripe_subscription_id: 'text',
  stripe_invoice_id: 'text',
  body: 'bytea',
} as const;
const COPIED = Object.keys(COLUMNS)
  .filter((name) => !['occurred_at', 'received_at', 'body'].includes(name))
  .join(', ');

/** Two transactions side by side: while the database works on one, this process works on the other. */
const LANES = 2;
/** An intent is settled once in a batch, however many of its events are in it: so a large one. */
const BATCH = 1_000;

/**
 * Stores the events that are missing. Told to announce, workers handle them as if they had just been delivered. Else their facts are
 * recorded here and now, what follows is held back, and no other handler sees them until `replayEvents`.
 */
export async function writeEvents(context: ImportContext, rows: readonly EventRow[]): Promise<StoredEvents> {
  const incoming = firstOfEach(rows.flatMap((row) => toIncoming(context, row)));
  await ensurePartitionsOf(
    context.query,
    incoming.map(({ receivedAt }) => new Date(receivedAt)),
  );
  const written = { stored: 0, unreadable: 0 };
  const lanes = createLanes<Incoming>({
    count: LANES,
    batchSize: BATCH,
    laneOf: ({ event }) => event.lane,
    async run(batch) {
      const { stored, unreadable } = await writeHalving(context, batch.toSorted(byId));
      written.stored += stored;
      written.unreadable += unreadable;
    },
  });
  await lanes.push(incoming);
  return written;
}

/** The first body under an id stands, within a file too. */
function firstOfEach(incoming: readonly Incoming[]): Incoming[] {
  return [...new Map(incoming.toReversed().map((one) => [one.event.id, one])).values()];
}

const byId = (a: Incoming, b: Incoming): number => (a.event.id < b.event.id ? -1 : 1);

function toIncoming({ clock, livemode, announce, factHandlers }: ImportContext, row: EventRow): Incoming[] {
  const event = readNewEvent(Buffer.from(row.body), livemode);
  if (event === undefined) return [];
  const now = clock.now();
  const receivedAt =
    row.receivedAt !== null && Date.parse(row.receivedAt) <= now.getTime() ? row.receivedAt : now.toISOString();
  const { state, ignoredBecause } = event;
  if (announce || state === EventState.IGNORED) return [{ event, receivedAt, state, ignoredBecause }];
  const isRead = factHandlers.handlersFor(event.type).length > 0;
  return [
    isRead
      ? { event, receivedAt, state: EventState.HANDLED, ignoredBecause: null }
      : { event, receivedAt, state: EventState.IGNORED, ignoredBecause: HELD_BACK },
  ];
}

/** A batch that one of its rows made fail is halved, until the culprit stands alone. */
async function writeHalving(context: ImportContext, incoming: readonly Incoming[]): Promise<StoredEvents> {
  try {
    return await runCommand(context, (tx) => write(tx, context, incoming));
  } catch (error) {
    if (isPassing(error) || isDatabaseAway(error)) throw error;
    const [only] = incoming;
    if (incoming.length <= 1 && only !== undefined) throw new EventNotStoredError(only.event.id, error);
    const middle = Math.ceil(incoming.length / 2);
    const first = await writeHalving(context, incoming.slice(0, middle));
    const second = await writeHalving(context, incoming.slice(middle));
    return { stored: first.stored + second.stored, unreadable: first.unreadable + second.unreadable };
  }
}

async function write(tx: Transaction, context: ImportContext, incoming: readonly Incoming[]): Promise<StoredEvents> {
  await preferIndexes(tx);
  const born = await insertMissing(tx, incoming);
  const fresh = incoming.filter(({ event }) => born.has(event.id));
  if (context.announce) {
    const pending = fresh.filter(({ state }) => state === EventState.PENDING);
    await context.announcer.wake(
      tx,
      pending.map(({ event: { id, lane } }) => ({ id, lane })),
    );
    return { stored: fresh.length, unreadable: 0 };
  }
  const read = fresh.filter(({ state }) => state === EventState.HANDLED);
  const failures = await recordFacts(tx, context, read);
  await insertDeliveries(tx, context, { read, failures });
  return { stored: fresh.length, unreadable: failures.size };
}

/** Of the ledger's own events an export has but one type, and Stripe has none of that name. */
const sourceOf = ({ id, type }: NewEvent): EventSource =>
  type === OBSERVED && id.startsWith(`${OBSERVED}:`) ? EventSource.LEDGER : EventSource.STRIPE;

/** An event of the ledger names its intent; one of Stripe's belongs to whom its subscription belongs to. */
const INTENT = `case source when '${EventSource.LEDGER}' then
  (select s.checkout_intent_id from subscription s where s.id = v.stripe_subscription_id) end`;

async function insertMissing(tx: Transaction, incoming: readonly Incoming[]): Promise<ReadonlySet<string>> {
  const rows = incoming.map(({ event, receivedAt, state, ignoredBecause }) => ({
    id: event.id,
    type: event.type,
    source: sourceOf(event),
    state,
    ignored_because: ignoredBecause,
    api_version: event.apiVersion,
    livemode: event.livemode,
    account: event.account,
    occurred_at: event.occurredAt,
    received_at: receivedAt,
    stripe_customer_id: event.stripeCustomerId,
    stripe_subscription_id: event.stripeSubscriptionId,
    stripe_invoice_id: event.stripeInvoiceId,
    body: event.body,
  }));
  const { source, parameters } = toUnnest(rows, COLUMNS);
  const born = await tx.query<{ id: string }>(
    `with v as materialized (select * from ${source}),
     born as (
       insert into event (${COPIED}, received_at, occurred_at, checkout_intent_id, handled_at, body_hash)
       select ${COPIED}, received_at::timestamptz, coalesce(occurred_at, received_at::timestamptz), ${INTENT}, case state when 'HANDLED' then now() end, sha256(body) from v order by id
       on conflict (id) do nothing returning id, received_at),
     bodies as (
       insert into event_body (event_id, received_at, body)
       select born.id, born.received_at, v.body from born join v on v.id = born.id)
     select id from born`,
    parameters,
  );
  return new Set(born.map(({ id }) => id));
}

/** Why the facts of an event could not be read, by its id. */
async function recordFacts(
  tx: Transaction,
  context: ImportContext,
  incoming: readonly Incoming[],
): Promise<ReadonlyMap<string, unknown>> {
  const { announcer, clock, factHandlers, log, by, reason } = context;
  const facts: ReadEvent[] = [];
  const failures = new Map<string, unknown>();
  for (const { event, receivedAt } of incoming) {
    const runs = factHandlers.handlersFor(event.type).map((handler) => ({ handler, tries: 1 }));
    const stored = { id: event.id, type: event.type, receivedAt, body: event.body.toString('utf8') };
    const { read, failures: failed } = await readFacts(stored, runs, log);
    if (read !== null) facts.push(read);
    for (const failure of failed.values()) failures.set(event.id, failure);
  }
  const record = createFactRecorder({ announcer, clock, announce: false, author: { by, reason } });
  for (const [id, outcome] of await record(tx, facts)) if (isFailed(outcome)) failures.set(id, outcome.error);
  return failures;
}

const isFailed = (outcome: FactOutcome) => outcome.state === 'FAILED';

/** The fact handlers' deliveries: done, or DEAD with the reason, so that nothing which could not be read is forgotten. */
async function insertDeliveries(
  tx: Transaction,
  { factHandlers }: ImportContext,
  { read, failures }: { readonly read: readonly Incoming[]; readonly failures: ReadonlyMap<string, unknown> },
): Promise<void> {
  const rows = read.flatMap(({ event: { id, type } }) =>
    factHandlers.handlersFor(type).map(({ name }) => ({
      event_id: id,
      handler: name,
      state: failures.has(id) ? DeliveryState.DEAD : DeliveryState.DONE,
      tries: 1,
      last_error: failures.has(id) ? toLastError(failures.get(id)) : null,
    })),
  );
  if (rows.length === 0) return;
  const columns = { event_id: 'text', handler: 'text', state: 'text', tries: 'int', last_error: 'text' } as const;
  const { source, names, parameters } = toUnnest(rows, columns);
  await tx.query(
    `insert into delivery (${names}, finished_at) select v.*, now() from ${source} on conflict do nothing`,
    parameters,
  );
  if (failures.size > 0)
    await tx.query(`update event set state = 'DEAD', handled_at = null where id = any($1::text[])`, [
      [...failures.keys()],
    ]);
}
