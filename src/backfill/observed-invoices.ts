import type Stripe from 'stripe';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { recomputeEvents } from '../events/deliveries.js';
import { toLastError } from '../events/last-error.js';
import { isDatabaseAway, isPassing } from '../database/sql-errors.js';
import { isOfOtherMode, type Livemode } from '../events/new-event.js';
import { reachableFrom } from './coverage.js';
import { countStep, type EventRun } from './event-runs.js';
import { readPlace, toCursor } from './event-walks.js';
import { insertObserved, type Observed, renameReturned, toObserved } from './observed-events.js';
import type { BackfillRecordRow, Results } from './results.js';
import { missingOf, recordFactsOf, type StoreOptions, toStoredRow } from './store-events.js';
import { isUnknown, type ListedInvoice, readAllPages, readInvoicePage, readLinePage } from './stripe-pages.js';

export interface ObserveOptions extends StoreOptions {
  readonly stripe: Stripe;
  readonly livemode: Livemode;
  readonly signal: AbortSignal;
}

/**
 * Reads all invoices of the next known subscription, and stores each state that is not known yet as an event of the ledger, with its facts,
 * in one transaction. False where no subscription is left.
 */
export async function observeNextSubscription(options: ObserveOptions, run: EventRun): Promise<boolean> {
  const { em } = options;
  const place = readPlace(run.cursor);
  const subscription = await inTransaction(em, (tx) => nextSubscription(tx, place.after));
  if (subscription === null) return false;
  const cursor = toCursor({ ...place, after: subscription });
  const invoices = await readInvoices(options, subscription);
  const count = (results: Results) => inTransaction(em, (tx) => countStep(tx, run, { ...results, cursor }));
  if (invoices === null) {
    await count(problem(subscription, 'skipped', UNKNOWN));
    return true;
  }
  try {
    await inTransaction(em, async (tx) =>
      countStep(tx, run, { ...(await observe(tx, options, { run, subscription, invoices })), cursor }),
    );
  } catch (error) {
    if (isPassing(error) || isDatabaseAway(error)) throw error;
    await count(problem(subscription, 'failed', { code: 'FAILED', reason: toLastError(error) }));
  }
  return true;
}

const UNKNOWN = {
  code: 'NO_SUCH_SUBSCRIPTION',
  reason: 'Stripe does not know this subscription: it belongs to another account, or to the other mode.',
};
const OTHER_MODE = { code: 'OTHER_MODE', reason: 'The invoice is of the other mode; LIVEMODE says which one counts.' };

type Why = Readonly<{ code: string; reason: string }>;

function problem(recordId: string, count: 'skipped' | 'failed', why: Why): Results {
  return { counts: { [count]: 1 }, records: [toProblem(recordId, why)] };
}

const toProblem = (recordId: string, why: Why): BackfillRecordRow => ({ recordId, changes: null, ...why });

async function nextSubscription(tx: Transaction, after: string | null): Promise<string | null> {
  const [row] = await tx.query<{ id: string }>('select id from subscription where id > $1 order by id limit 1', [
    after ?? '',
  ]);
  return row?.id ?? null;
}

interface Invoices {
  readonly entries: readonly ListedInvoice[];
  readonly readAt: Date;
}

/** With all their lines. Null where Stripe does not know the subscription. */
async function readInvoices({ stripe, clock, signal }: ObserveOptions, subscription: string): Promise<Invoices | null> {
  try {
    const { entries, readAt } = await readAllPages((after) => readInvoicePage(stripe, subscription, { after, signal }));
    const whole: ListedInvoice[] = [];
    for (const invoice of entries) whole.push(await withAllLines(stripe, invoice, signal));
    return { entries: whole, readAt: secondBefore(readAt ?? clock.now()) };
  } catch (error) {
    if (isUnknown(error)) return null;
    throw error;
  }
}

/** What happens in the second of the reading may happen after it: its event is then the newer one. */
const secondBefore = (time: Date): Date => new Date(Math.floor(time.getTime() / 1000) * 1000 - 1000);

async function withAllLines(stripe: Stripe, invoice: ListedInvoice, signal: AbortSignal): Promise<ListedInvoice> {
  if (invoice.lines?.has_more !== true) return invoice;
  const { entries } = await readAllPages((after) => readLinePage(stripe, invoice.id, { after, signal }));
  return { ...invoice, lines: { ...invoice.lines, data: entries, has_more: false } };
}

interface Reading {
  readonly run: EventRun;
  readonly subscription: string;
  readonly invoices: Invoices;
}

async function observe(
  tx: Transaction,
  options: ObserveOptions,
  { run, subscription, invoices: { entries, readAt } }: Reading,
): Promise<Results> {
  const { livemode } = options;
  const isOther = (invoice: ListedInvoice) => isOfOtherMode(invoice.livemode, livemode);
  const [others, own] = [entries.filter(isOther), entries.filter((invoice) => !isOther(invoice))];
  const read = [...new Map(own.map((invoice) => [invoice.id, toObserved(invoice, readAt)])).values()];
  const observed = await renameReturned(tx, read);
  const ids = observed.map(({ id }) => id);
  const isNew = run.dryRun ? await missingOf(tx, ids) : await insertObserved(tx, observed, subscription);
  const fresh = observed.filter(({ id }) => isNew.has(id));
  const failed = run.dryRun ? new Map<string, unknown>() : await recordObserved(tx, options, { run, fresh });
  const records: BackfillRecordRow[] = [
    ...fresh.map(({ id }) => toStoredRow(id, 'Read from Stripe.')),
    ...others.map(({ id }) => toProblem(id, OTHER_MODE)),
    ...[...failed].map(([id, error]) => toProblem(id, { code: 'UNREADABLE', reason: toLastError(error) })),
  ];
  const counts = {
    examined: entries.length,
    stored: fresh.length,
    skipped: entries.length - fresh.length,
    failed: failed.size,
  };
  return { counts, records };
}

/**
 * Old money is no news: what it gives rise to is held back unless the run was told to announce. What happened while Stripe still lists
 * events is announced as by its own event, which may be on its way and would find nothing new any more.
 */
async function recordObserved(
  tx: Transaction,
  options: ObserveOptions,
  { run, fresh }: { readonly run: EventRun; readonly fresh: readonly Observed[] },
): Promise<ReadonlyMap<string, unknown>> {
  const listed = reachableFrom(options.clock.now());
  const failed = new Map<string, unknown>();
  for (const [isNews, group] of Map.groupBy(fresh, ({ changedAt }) => changedAt >= listed)) {
    const announce = isNews ? run.announce : run.announcesObserved;
    const receivedAt = options.clock.now().toISOString();
    const events = group.map(({ id, type, body }) => ({ id, type, receivedAt, body }));
    for (const [id, error] of await recordFactsOf(tx, events, { ...options, announce })) failed.set(id, error);
    const woken = group.filter(({ id }) => announce || failed.has(id));
    const asleep = group.filter((event) => !woken.includes(event)).map(({ id }) => id);
    await options.jobs.wakeEvents(tx.query, woken);
    if (asleep.length > 0) await recomputeEvents(tx, asleep);
  }
  return failed;
}
