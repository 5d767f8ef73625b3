import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../clock.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { BackfillKind, BackfillState } from '../entities/states.js';
import { BadInputError, LinkConflictError, NotFoundError } from '../errors.js';
import type { Query } from '../events/jobs.js';
import type { Announcer } from '../ledger/announcer.js';
import { isIntentId } from '../ledger/intent-name.js';
import { endEventRun } from './event-runs.js';
import { finish, readRun, type Run } from './runs.js';
import { beginUndo, runUndo } from './undo-run.js';

/** The contract's input; what is left out or null has the contract's default. */
export interface StartBackfill {
  readonly kind: BackfillKind;
  readonly dryRun: boolean;
  readonly announce?: boolean | null | undefined;
  readonly checkoutIntentId?: string | null | undefined;
  readonly since?: Date | null | undefined;
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly deliverySuccess?: boolean | null | undefined;
}

/** What callers do with backfills; a worker runs them. Calls answer ids. Throws BadInputError, NotFoundError and LinkConflictError. */
export interface Backfills {
  /** While one of the same kind, scope and dryRun runs, answers that one. */
  start(input: StartBackfill, by: string): Promise<string>;
  /** What its batches have done stands. One that has ended stays as it is. */
  cancel(id: string): Promise<string>;
  /** A long one is handed on to a worker after some seconds: it is taken back when `undoneAt` says so. Called again, it goes on. */
  undo(id: string, by: string): Promise<string>;
}

export interface BackfillsOptions {
  readonly em: EntityManager;
  readonly announcer: Announcer;
  readonly clock: Clock;
  /** Makes a worker take a run up, in the caller's transaction. */
  readonly send: (query: Query, id: string) => Promise<void>;
}

export function createBackfills(options: BackfillsOptions): Backfills {
  const { em, send, clock } = options;
  return {
    start(input, by) {
      assertFits(input);
      return inTransaction(em, (tx) => start(tx, input, { by, send }));
    },
    async cancel(id) {
      await inTransaction(em, async (tx) => {
        const { kind } = await findRun(tx, id);
        const ending = { state: BackfillState.CANCELED } as const;
        if (kind === BackfillKind.STRIPE_EVENTS) await endEventRun(tx, id, { ...ending, now: clock.now() });
        else await finish(tx, id, ending);
      });
      return id;
    },
    undo: (id, by) => undo(options, id, by),
  };
}

const MOST_TYPES = 20;

function assertFits(input: StartBackfill): void {
  const isOfStripe = input.kind === BackfillKind.STRIPE_EVENTS;
  const types = input.eventTypes ?? null;
  if (isOfStripe && given(input.checkoutIntentId))
    throw new BadInputError('checkoutIntentId is for RENEWAL_LINKS: Stripe lists the events of all.');
  if (!isOfStripe && (given(input.since) || types !== null || given(input.deliverySuccess)))
    throw new BadInputError('since, eventTypes and deliverySuccess are for STRIPE_EVENTS; leave them out.');
  if (types !== null && (types.length === 0 || types.length > MOST_TYPES))
    throw new BadInputError(`eventTypes must hold 1 to ${MOST_TYPES} types, or be left out.`);
}

const given = (value: unknown): boolean => value !== null && value !== undefined;

async function start(
  tx: Transaction,
  input: StartBackfill,
  { by, send }: { readonly by: string; readonly send: BackfillsOptions['send'] },
): Promise<string> {
  const { kind, dryRun, checkoutIntentId = null, since = null, eventTypes = null, deliverySuccess = null } = input;
  if (checkoutIntentId !== null) await assertIntent(tx, checkoutIntentId);
  const types = eventTypes === null ? null : [...new Set(eventTypes)].toSorted();
  const scope = JSON.stringify([checkoutIntentId, since, types, deliverySuccess]);
  const announce = input.announce ?? kind === BackfillKind.STRIPE_EVENTS;
  const announcesObserved = kind === BackfillKind.STRIPE_EVENTS && input.announce === true;
  const [born] = await tx.query<{ id: string }>(
    `insert into backfill (kind, dry_run, announce, scope, checkout_intent_id, since, event_types, started_by, delivery_success, announces_observed)
     values ($1, $2, $3, $4, $5::bigint, $6::timestamptz, $7::text[], $8, $9, $10)
     on conflict (kind, scope, dry_run) where state = 'RUNNING' do nothing returning id`,
    [kind, dryRun, announce, scope, checkoutIntentId, since, types, by, deliverySuccess, announcesObserved],
  );
  if (born !== undefined) {
    await send(tx.query, born.id);
    return born.id;
  }
  const [running] = await tx.query<{ id: string }>(
    `select id from backfill where kind = $1 and scope = $2 and dry_run = $3 order by id desc limit 1`,
    [kind, scope, dryRun],
  );
  if (running === undefined)
    throw new LinkConflictError('Another backfill of this scope has just ended; start it again.');
  return running.id;
}

async function assertIntent(tx: Transaction, id: string): Promise<void> {
  const found = isIntentId(id) ? await tx.query('select from checkout_intent where id = $1::bigint', [id]) : [];
  if (found.length === 0)
    throw new NotFoundError(`There is no checkout intent with the id ${JSON.stringify(id.slice(0, 80))}.`);
}

async function findRun(tx: Transaction, id: string): Promise<Run> {
  const run = isIntentId(id) ? await readRun(tx, id) : null;
  if (run === null) throw new NotFoundError(`There is no backfill with the id ${JSON.stringify(id.slice(0, 80))}.`);
  return run;
}

/** A caller waits no longer than this, well below what clients of HTTP do. */
const LONGEST_UNDO_MS = 15_000;

async function undo(options: BackfillsOptions, id: string, by: string): Promise<string> {
  const run = await inTransaction(options.em, (tx) => findRun(tx, id));
  if (run.kind !== BackfillKind.RENEWAL_LINKS || run.dryRun)
    throw new BadInputError('Only a run of RENEWAL_LINKS that was no dry run has anything to take back.');
  if (run.state === BackfillState.RUNNING)
    throw new LinkConflictError(`Backfill ${id} is still running; cancel it first, or wait for its end.`);
  await beginUndo(options.em, id, by);
  const until = performance.now() + LONGEST_UNDO_MS;
  if (!(await runUndo(options, id, () => performance.now() < until)))
    await inTransaction(options.em, (tx) => options.send(tx.query, id));
  return id;
}
