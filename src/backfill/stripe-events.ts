import type { EntityManager } from '@mikro-orm/postgresql';
import type Stripe from 'stripe';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { BackfillState } from '../entities/states.js';
import { type Livemode, type NewEvent, readNewEvent } from '../events/new-event.js';
import type { StoreOutcome } from '../events/writer.js';
import type { BackfillRecordRow, Results } from './results.js';
import { advance, type Ending, finish, lockRunning, readRun, type Run } from './runs.js';
import { type EventPage, isRefusal, readEventPage } from './stripe-pages.js';

export interface StripeEventsOptions {
  readonly em: EntityManager;
  /** Undefined where no key is configured. */
  readonly stripe: Stripe | undefined;
  readonly livemode: Livemode;
  /** The one that webhooks are stored by. */
  readonly writer: { write(event: NewEvent): Promise<StoreOutcome> };
}

const NO_KEY = 'STRIPE_API_KEY is not set: set it for the workers, and start the backfill again.';

/** Walks Stripe's list of events page by page, and stores those that are missing as if they had been delivered. */
export async function runStripeEvents(options: StripeEventsOptions, id: string, signal: AbortSignal): Promise<void> {
  const { em, stripe } = options;
  if (stripe === undefined) return end(em, id, { state: BackfillState.FAILED, lastError: NO_KEY });
  for (;;) {
    signal.throwIfAborted();
    const run = await inTransaction(em, (tx) => readRun(tx, id));
    if (run === null || run.state !== BackfillState.RUNNING) return;
    let page: EventPage;
    try {
      page = await readEventPage(stripe, { ...run, after: run.cursor, signal });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return end(em, id, { state: BackfillState.FAILED, lastError: refusalOf(error) });
    }
    if (page.events.length > 0) await storePage(options, run, page);
    if (!page.hasMore || page.events.length === 0) return end(em, id, { state: BackfillState.DONE });
  }
}

const end = (em: EntityManager, id: string, ending: Ending): Promise<void> =>
  inTransaction(em, (tx) => finish(tx, id, ending));

/** Stripe's own sentence can repeat parts of the key: only its code is told. */
function refusalOf(error: unknown): string {
  const { statusCode, code, type } = error as { statusCode?: number; code?: string; type?: string };
  return `Stripe refused to list its events (${statusCode ?? '?'} ${code ?? type ?? 'error'}). Check STRIPE_API_KEY, and that it may read events.`;
}

async function storePage(options: StripeEventsOptions, run: Run, { events }: EventPage): Promise<void> {
  const read = events.map((event) => ({ id: event.id, event: readNewEvent(bytesOf(event), options.livemode) }));
  const known = read.flatMap(({ event }) => event ?? []);
  const isNew = run.dryRun ? await missingOf(options.em, known) : await storeAll(options, known);
  const results = tell(read, isNew);
  const cursor = events.at(-1)?.id ?? '';
  await inTransaction(options.em, (tx) => count(tx, run, { ...results, cursor }));
}

const bytesOf = (event: object): Buffer => Buffer.from(JSON.stringify(event));

async function storeAll({ writer }: StripeEventsOptions, events: readonly NewEvent[]): Promise<ReadonlySet<string>> {
  const outcomes = await Promise.all(events.map(async (event) => [event.id, await writer.write(event)] as const));
  return new Set(outcomes.flatMap(([id, outcome]) => (outcome === 'STORED' ? [id] : [])));
}

async function missingOf(em: EntityManager, events: readonly NewEvent[]): Promise<ReadonlySet<string>> {
  const ids = events.map(({ id }) => id);
  const rows = await inTransaction(em, (tx) =>
    tx.query<{ id: string }>(
      'select id from unnest($1::text[]) v(id) where not exists (select from event e where e.id = v.id)',
      [ids],
    ),
  );
  return new Set(rows.map(({ id }) => id));
}

/** A page that another worker has counted meanwhile is not counted again. */
async function count(tx: Transaction, run: Run, results: Results & { readonly cursor: string }): Promise<void> {
  const now = await lockRunning(tx, run.id);
  if (now !== null && now.cursor === run.cursor) await advance(tx, run.id, results);
}

function tell(
  read: readonly { readonly id: string; readonly event: NewEvent | undefined }[],
  isNew: ReadonlySet<string>,
): Results {
  const records = read.flatMap(({ id, event }): BackfillRecordRow[] => {
    if (event === undefined)
      return [
        { recordId: id, changes: null, code: 'PAYLOAD_INVALID', reason: 'Stripe listed something that is no event.' },
      ];
    return isNew.has(id) ? [{ recordId: id, changes: { stored: [false, true] }, code: null, reason: event.type }] : [];
  });
  const failed = read.filter(({ event }) => event === undefined).length;
  return {
    counts: { examined: read.length, stored: isNew.size, failed, skipped: read.length - isNew.size - failed },
    records,
  };
}
