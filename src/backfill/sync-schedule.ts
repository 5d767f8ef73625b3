import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../clock.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { BackfillKind } from '../entities/states.js';
import type { Query } from '../events/jobs.js';
import type { Schedule } from '../events/schedules.js';
import { readCoverage } from './event-spans.js';

export interface SyncOptions {
  readonly em: EntityManager;
  readonly clock: Clock;
  readonly everyMinutes: number;
  /** The types of Stripe's events, and groups of them, that somebody handles now. */
  patterns(): readonly string[];
  /** Makes a worker take a run up, in the caller's transaction. */
  readonly send: (query: Query, id: string) => Promise<void>;
}

/** No run that a person starts has it: of two with one scope only one is RUNNING. */
const SCOPE = 'schedule';
const OVERLAP_MS = 10 * 60_000;

/**
 * Starts, now and then, a run of STRIPE_EVENTS that goes on where all is known to be stored. Its runs that found nothing are forgotten when
 * the next one begins.
 */
export function createSync(options: SyncOptions): Schedule {
  return {
    name: 'sync',
    every: options.everyMinutes,
    run: () => inTransaction(options.em, (tx) => startSync(tx, options)),
  };
}

async function startSync(tx: Transaction, { clock, send, ...options }: SyncOptions): Promise<void> {
  const patterns = options.patterns();
  await tx.query(`delete from backfill where scope = $1 and state <> 'RUNNING' and stored = 0`, [SCOPE]);
  const { completeUntil } = await readCoverage(tx.em, clock.now(), patterns);
  const since = completeUntil === null ? null : new Date(completeUntil.getTime() - OVERLAP_MS);
  const [born] = await tx.query<{ id: string }>(
    `insert into backfill (kind, announce, scope, since, patterns, started_by)
     values ($1, true, $2, $3::timestamptz, $4::text[], 'schedule')
     on conflict (kind, scope, dry_run) where state = 'RUNNING' do nothing returning id`,
    [BackfillKind.STRIPE_EVENTS, SCOPE, since, patterns],
  );
  if (born !== undefined) await send(tx.query, born.id);
}
