import type Stripe from 'stripe';
import { inTransaction } from '../database/transaction.js';
import { BackfillState } from '../entities/states.js';
import { type Livemode, type NewEvent, readNewEvent } from '../events/new-event.js';
import { reachableFrom } from './coverage.js';
import { countStep, endEventRun, type EventRun, takeEventRun } from './event-runs.js';
import { type EventWalk, type Place, readPlace, toCursor, walksOf } from './event-walks.js';
import { observeNextSubscription } from './observed-invoices.js';
import type { BackfillRecordRow, Results } from './results.js';
import type { Ending } from './runs.js';
import { missingOf, storeAll, storeHeldBack, type StoreOptions, toStoredRow } from './store-events.js';
import { isRefusal, type ListedEvent, readEventPage } from './stripe-pages.js';

export interface StripeEventsOptions extends StoreOptions {
  /** Undefined where no key is configured. */
  readonly stripe: Stripe | undefined;
  readonly livemode: Livemode;
  /** The types of Stripe's events, and groups of them, that somebody handles now. */
  patterns(): readonly string[];
}

const NO_KEY = 'STRIPE_API_KEY is not set: set it for the workers, and start the backfill again.';

/**
 * Walks Stripe's list of events, page by page, and stores those that are missing. Asked for a time of which Stripe lists none any more, it
 * then reads the invoices of each known subscription.
 */
export async function runStripeEvents(options: StripeEventsOptions, id: string, signal: AbortSignal): Promise<void> {
  const { stripe } = options;
  if (stripe === undefined) return end(options, id, { state: BackfillState.FAILED, lastError: NO_KEY });
  try {
    for (let isGoingOn = true; isGoingOn;) {
      signal.throwIfAborted();
      isGoingOn = await step({ ...options, stripe }, id, signal);
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await end(options, id, { state: BackfillState.FAILED, lastError: refusalOf(error) });
  }
}

/** One page, or one subscription. False when the run is over, whoever has ended it. */
async function step(
  options: StripeEventsOptions & { readonly stripe: Stripe },
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { em, clock, stripe } = options;
  const run = await inTransaction(em, (tx) => takeEventRun(tx, id, options.patterns()));
  if (run === null) return false;
  const place = readPlace(run.cursor);
  const walk = walksOf(run.patterns)[place.walk];
  if (walk !== undefined) {
    await walkPage({ ...options, signal }, run, { ...place, of: walk });
    return true;
  }
  const isDone =
    !reachesBack(run, clock.now()) || !(await observeNextSubscription({ ...options, stripe, signal }, run));
  if (isDone) await end(options, id, { state: BackfillState.DONE });
  return !isDone;
}

/** Only a run of all types is about everything that happened; older times than Stripe lists are then read from its invoices. */
function reachesBack({ since, eventTypes, deliverySuccess }: EventRun, now: Date): boolean {
  return since !== null && since < reachableFrom(now) && eventTypes === null && deliverySuccess === null;
}

const end = ({ em, clock }: StripeEventsOptions, id: string, ending: Ending): Promise<void> =>
  inTransaction(em, (tx) => endEventRun(tx, id, { ...ending, now: clock.now() }));

/** Stripe's own sentence can repeat parts of the key: only its code is told. */
function refusalOf(error: unknown): string {
  const { statusCode, code, type } = error as { statusCode?: number; code?: string; type?: string };
  const what = `${statusCode ?? '?'} ${code ?? type ?? 'error'}`;
  return `Stripe refused to list what it has (${what}). Check STRIPE_API_KEY, that it may read events and invoices, and the types asked for.`;
}

async function walkPage(
  options: StripeEventsOptions & { readonly stripe: Stripe; readonly signal: AbortSignal },
  run: EventRun,
  { walk, after, reached, of }: Place & { readonly of: EventWalk },
): Promise<void> {
  const { em, stripe, livemode, signal } = options;
  const { since, deliverySuccess } = run;
  const page = await readEventPage(stripe, { walk: of, since, deliverySuccess, after, signal });
  const read = page.entries.map((event) => ({ id: event.id, event: readNewEvent(bytesOf(event), livemode) }));
  const isNew = await store(
    options,
    run,
    read.flatMap(({ event }) => event ?? []),
  );
  const last = page.entries.at(-1);
  const next =
    page.hasMore && last !== undefined
      ? { walk, after: last.id, reached: timeOf(last) ?? reached }
      : { walk: walk + 1, after: null, reached: null };
  await inTransaction(em, (tx) => countStep(tx, run, { ...tell(read, isNew), cursor: toCursor(next) }));
}

const bytesOf = (event: object): Buffer => Buffer.from(JSON.stringify(event));

const timeOf = ({ created }: ListedEvent): Date | null =>
  typeof created === 'number' ? new Date(created * 1000) : null;

async function store(
  options: StripeEventsOptions,
  run: EventRun,
  events: readonly NewEvent[],
): Promise<ReadonlySet<string>> {
  if (events.length === 0) return new Set();
  const ids = events.map(({ id }) => id);
  if (run.dryRun) return inTransaction(options.em, (tx) => missingOf(tx, ids));
  return run.announce ? storeAll(options, events) : storeHeldBack(options, events);
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
    return isNew.has(id) ? [toStoredRow(id, event.type)] : [];
  });
  const failed = read.filter(({ event }) => event === undefined).length;
  return {
    counts: { examined: read.length, stored: isNew.size, failed, skipped: read.length - isNew.size - failed },
    records,
  };
}
