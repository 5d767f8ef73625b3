import { pino } from 'pino';
import { systemClock } from '../../src/clock.js';
import { inTransaction } from '../../src/database/transaction.js';
import { CheckoutIntentState } from '../../src/entities/states.js';
import { createEventStore, createWriterPool } from '../../src/events/event-store.js';
import { readFacts } from '../../src/events/fact-reading.js';
import type { ReadEvent } from '../../src/events/fact-recorder.js';
import { type NewEvent, readNewEvent } from '../../src/events/new-event.js';
import { createFactHandlers } from '../../src/handlers/built-in.js';
import type { Announcer } from '../../src/ledger/announcer.js';
import type { CreateCheckoutIntent } from '../../src/ledger/commands/checkout-intents.js';
import type { CreateRenewal } from '../../src/ledger/commands/renewals.js';
import { createLedger, type Ledger } from '../../src/ledger/ledger.js';
import { createFactRecorder, type FactOutcome } from '../../src/ledger/record-facts.js';
import type { RenewalRecord } from '../../src/ledger/records.js';
import { selectList, toRecords } from '../../src/ledger/rows.js';
import { renewalTable } from '../../src/ledger/tables.js';
import { DUE, instant, INTENT_UUID } from './builders.js';
import { openTestDatabase, type TestDatabase } from './database.js';

/** The ledger over a database of its own, without workers: what they would do is called by the test. */
export interface TestLedger extends Ledger {
  readonly db: TestDatabase;
  /** The intent that the default invoices name, unless the input says otherwise. */
  intent(input?: Partial<CreateCheckoutIntent>): Promise<string>;
  /** A renewal of the intent that is due with the default invoice, unless the input says otherwise. */
  renewal(checkoutIntentId: string, input?: Partial<CreateRenewal>): Promise<string>;
  /** The rows of renewals, by id. */
  renewals(): Promise<RenewalRecord[]>;
  /** The keys signalled so far. */
  readonly signals: readonly string[];
  /** Stores events, and records their facts as one batch of a worker: in one transaction. */
  record(...events: object[]): Promise<ReadonlyMap<string, FactOutcome>>;
  /** The events that the ledger raised, oldest first; of these types, if any are named. */
  raised(...types: string[]): Promise<RaisedEvent[]>;
  /** Removes every row of the ledger. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export interface RaisedEvent {
  readonly id: string;
  readonly type: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** The rest hangs on these, and goes with them. */
const EVERYTHING = ['renewal', 'subscription', 'checkout_intent', 'invoice', 'event', 'event_body'];

const { CREATED } = CheckoutIntentState;
const log = pino({ level: 'silent' });
const none = async (): Promise<void> => undefined;

export async function openTestLedger(): Promise<TestLedger> {
  const db = await openTestDatabase();
  await db.sql('create table event_body_partition.test partition of event_body default');
  const pool = createWriterPool({ url: db.url, connections: 2, log });
  const store = createEventStore(pool, () => undefined);
  const signals: string[] = [];
  const announcer: Announcer = {
    routeOf: () => ({ state: 'PENDING', ignoredBecause: null }),
    wake: none,
    signal: async (_tx, keys) => void signals.push(...keys),
  };
  const recordFacts = createFactRecorder({ announcer, clock: systemClock });
  const ledger = createLedger({ em: db.orm.em, announcer, clock: systemClock });
  let lastNumber = 0;
  return {
    ...ledger,
    db,
    signals,
    intent: (input) =>
      ledger.createCheckoutIntent({ uuid: INTENT_UUID, quantity: 1, state: CREATED, ...input }, 'tests'),
    renewal(checkoutIntentId, input) {
      const subscriptionPlanRenewalId = `plan-renewal-${(lastNumber += 1)}`;
      const due = { checkoutIntentId, subscriptionPlanRenewalId, effectiveDate: instant(DUE) };
      return ledger.createRenewal({ ...due, ...input }, 'tests');
    },
    async renewals() {
      const rows = await db.sql(`select ${selectList(renewalTable)} from renewal order by id`);
      return toRecords(renewalTable, rows);
    },
    async record(...events) {
      await store.insert(events.map(readPosted));
      const read = (await Promise.all(events.map(readEvent))).filter((event) => event !== null);
      return inTransaction(db.orm.em, (tx) => recordFacts(tx, read));
    },
    raised: (...types) => readRaised(db, types),
    // By `delete`, because `truncate` makes new files for every table and index.
    empty: async () => void (await db.sql(EVERYTHING.map((table) => `delete from ${table}`).join('; '))),
    async close() {
      await pool.end();
      await db.close();
    },
  };
}

function readPosted(event: object): NewEvent {
  const read = readNewEvent(Buffer.from(JSON.stringify(event)), 'both');
  if (read === undefined) throw new TypeError('This is no event.');
  return read;
}

const factHandlers = createFactHandlers();

async function readEvent(event: object): Promise<ReadEvent | null> {
  const { id, type } = event as { id: string; type: string };
  const runs = factHandlers.handlersFor(type).map((handler) => ({ handler, tries: 1 }));
  const stored = { id, type, receivedAt: systemClock.now().toISOString(), body: JSON.stringify(event) };
  const { read, failures } = await readFacts(stored, runs, log);
  for (const failure of failures.values()) throw failure;
  return read;
}

async function readRaised(db: TestDatabase, types: readonly string[]): Promise<RaisedEvent[]> {
  const rows = await db.sql<{ id: string; type: string; body: Buffer }>(
    `select e.id, e.type, b.body from event e join event_body b on b.event_id = e.id
     where e.source = 'LEDGER' and ($1::text[] = '{}' or e.type = any($1)) order by e.received_at, e.id`,
    [types],
  );
  return rows.map(({ id, type, body }) => ({ id, type, object: JSON.parse(body.toString('utf8')).data.object }));
}
