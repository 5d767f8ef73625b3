import { toDate, type Transaction } from '../database/transaction.js';
import { BackfillState } from '../entities/states.js';
import { earlier, firstAsked, later, reachableFrom, type Span } from './coverage.js';
import { recordSpan } from './event-spans.js';
import { readPlace, walksOf } from './event-walks.js';
import type { Results } from './results.js';
import { advance, type Ending, finish } from './runs.js';

/** A run of STRIPE_EVENTS as its worker reads it. */
export interface EventRun {
  readonly id: string;
  readonly dryRun: boolean;
  readonly announce: boolean;
  readonly announcesObserved: boolean;
  readonly since: Date | null;
  readonly eventTypes: readonly string[] | null;
  readonly deliverySuccess: boolean | null;
  readonly patterns: readonly string[];
  readonly cursor: string | null;
  readonly startedAt: Date;
}

const COLUMNS = `id, dry_run as "dryRun", announce, announces_observed as "announcesObserved", since, event_types as "eventTypes",
  delivery_success as "deliverySuccess", coalesce(patterns, '{}') as patterns, cursor, started_at as "startedAt"`;

/** Reads a run that is RUNNING; the first look says what it asks Stripe for, so that its walks stay the same wherever it goes on. */
export async function takeEventRun(tx: Transaction, id: string, patterns: readonly string[]): Promise<EventRun | null> {
  const text = `update backfill set patterns = coalesce(patterns, event_types, $2::text[])
    where id = $1::bigint and state = 'RUNNING' returning ${COLUMNS}`;
  return toRun(await tx.query<EventRun>(text, [id, patterns]));
}

/** A step that another worker has counted meanwhile is not counted again. */
export async function countStep(
  tx: Transaction,
  run: EventRun,
  results: Results & { readonly cursor: string },
): Promise<void> {
  const now = await lockRun(tx, run.id);
  if (now !== null && now.cursor === run.cursor) await advance(tx, run.id, results);
}

/** Ends a run that is RUNNING, and keeps which time it has covered; any other stays as it is. */
export async function endEventRun(tx: Transaction, id: string, ending: Ending & { readonly now: Date }): Promise<void> {
  const run = await lockRun(tx, id);
  if (run === null) return;
  await finish(tx, id, ending);
  const span = spanOf(run, ending);
  if (span !== null) await recordSpan(tx, run.patterns, span);
}

async function lockRun(tx: Transaction, id: string): Promise<EventRun | null> {
  const text = `select ${COLUMNS} from backfill where id = $1::bigint and state = 'RUNNING' for no key update`;
  return toRun(await tx.query<EventRun>(text, [id]));
}

function toRun([row]: readonly EventRun[]): EventRun | null {
  if (row === undefined) return null;
  return { ...row, since: toDate(row.since), startedAt: new Date(row.startedAt) };
}

/** An event may be listed some seconds after it happened. */
const UNLISTED_MS = 10_000;

/**
 * Walks begin at the newest event: one that broke off has covered the newest part of its time, and nothing at all while another walk was
 * still to come. Null for a run that left events out, or wrote nothing.
 */
function spanOf(run: EventRun, { state, now }: { readonly state: BackfillState; readonly now: Date }): Span | null {
  const { patterns, since, cursor, startedAt } = run;
  const isWhole = run.eventTypes === null && run.deliverySuccess === null && !run.dryRun && patterns.length > 0;
  const until = new Date(startedAt.getTime() - UNLISTED_MS);
  const asked = since ?? firstAsked(startedAt);
  if (!isWhole || asked >= until) return null;
  const listedFrom = reachableFrom(now);
  const { walk, reached } = readPlace(cursor);
  const left = walksOf(patterns).length - walk;
  const isWalked = state === BackfillState.DONE || left <= 0;
  const begin = isWalked ? (since ?? listedFrom) : left === 1 && reached !== null ? after(reached) : until;
  const coveredFrom = earlier(later(begin, listedFrom), until);
  return { wantedFrom: earlier(asked, coveredFrom), coveredFrom, coveredUntil: until };
}

/** Other events of the same second may stand on the next page. */
const after = (reached: Date): Date => new Date(reached.getTime() + 1000);
