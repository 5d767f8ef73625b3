import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Command } from 'commander';
import { openBackfillQueue, sendBackfill } from '../backfill/backfill-worker.js';
import { createBackfills, type StartBackfill } from '../backfill/backfills.js';
import { systemClock } from '../clock.js';
import { Backfill } from '../entities/backfill.entity.js';
import { BackfillKind, BackfillState } from '../entities/states.js';
import { LedgerError } from '../errors.js';
import { interruptible } from './interrupt.js';
import { type Json, JSON_OPTION, toList, toTime } from './options.js';
import { createOutput, type Output } from './output.js';
import { createProgress, type Meter } from './progress.js';
import { BY, type CommandParts, withLedger } from './with-database.js';

const EXAMPLES = `
Examples:
  renewal-ledger backfill links --dry-run
  renewal-ledger backfill links --checkout-intent 17
  renewal-ledger backfill events --since 2026-11-20T00:00:00Z --types invoice.paid,invoice.voided

A worker of the running service does the work: Ctrl-C ends the watching, not the backfill; the same command watches it
again, and the mutation cancelBackfill ends it. Its changes and problems, record by record, are in GraphQL: backfill(id).
Exit code 1 where it ends otherwise than DONE.`;

export function addBackfill(program: Command): void {
  const backfill = program.command('backfill').description('fill what is missing').addHelpText('after', EXAMPLES);
  common(backfill.command('links').description('invoices and dates of renewals that lack them, from stored events'))
    .option('--checkout-intent <id>', 'only the renewals of this checkout intent')
    .option('--announce', 'raise events for what is found, instead of holding them back')
    .action((options: Links) =>
      run(options, {
        kind: BackfillKind.RENEWAL_LINKS,
        dryRun: options.dryRun ?? false,
        announce: options.announce ?? false,
        checkoutIntentId: options.checkoutIntent,
      }),
    );
  common(backfill.command('events').description('events that Stripe has of the last 30 days and the service lacks'))
    .option('--since <time>', 'from this time on, such as 2026-11-20T00:00:00Z', toTime)
    .option('--types <types>', 'only these types, comma-separated, 20 at most; else those that handlers take', toList)
    .option('--undelivered', 'only events that Stripe could not deliver yet')
    .option('--announce', 'raise events also for what invoices tell that are older than those 30 days')
    .option('--no-announce', 'hold back what the events give rise to')
    .action((options: Events) =>
      run(options, {
        kind: BackfillKind.STRIPE_EVENTS,
        dryRun: options.dryRun ?? false,
        announce: options.announce,
        since: options.since,
        eventTypes: options.types,
        deliverySuccess: options.undelivered === true ? false : null,
      }),
    );
}

type Common = Json & Readonly<{ dryRun?: boolean }>;
type Links = Common & Readonly<{ announce?: boolean; checkoutIntent?: string }>;
type Events = Common & Readonly<{ announce?: boolean; since?: Date; types?: string[]; undelivered?: boolean }>;

function common(command: Command): Command {
  return command
    .option('--dry-run', 'show what would change, and change nothing')
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES);
}

/** The run came to an end, but not to its own. */
class BackfillEndedError extends LedgerError {
  readonly code = 'BACKFILL_ENDED';
}

function run({ json = false, dryRun = false }: Common, input: StartBackfill): Promise<void> {
  return withLedger(async (parts) => {
    const output = createOutput({ json });
    const id = await start(parts, input);
    const title = dryRun ? `Dry run ${id}` : `Backfill ${id}`;
    output.remark(`${title} is started.`);
    const meter = createProgress({ json }).open(title);
    const ended = await interruptible(
      () =>
        `Backfill ${id} goes on in a worker. The same command watches it again; cancelBackfill(id: "${id}") ends it.`,
      (signal) => watch(parts.em, id, { meter, output, signal }),
    ).finally(() => meter.stop());
    const { state, examined, linked, dated, stored, skipped, ambiguous, failed, lastError } = ended;
    const counts = { examined, linked, dated, stored, skipped, ambiguous, failed };
    const told = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
    const nothing = dryRun ? ', and nothing was written' : '';
    output.result(`${title} is ${state}${nothing}: ${told.join(', ')}.`, { id, state, ...counts, lastError });
    if (state !== BackfillState.DONE) throw new BackfillEndedError(lastError ?? `Backfill ${id} was canceled.`);
  });
}

async function start({ em, jobs, announcer }: CommandParts, input: StartBackfill): Promise<string> {
  await openBackfillQueue(jobs);
  return createBackfills({ em, announcer, clock: systemClock, send: sendBackfill(jobs) }).start(input, BY);
}

const LOOK_EVERY_MS = 250;
const REMARK_AFTER_MS = 5_000;

interface Watching {
  readonly meter: Meter;
  readonly output: Output;
  readonly signal: AbortSignal;
}

async function watch(em: EntityManager, id: string, { meter, output, signal }: Watching): Promise<Backfill> {
  let told: string | undefined;
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    signal.throwIfAborted();
    const found = await em.fork().findOneOrFail(Backfill, id);
    if (found.state !== BackfillState.RUNNING) return found;
    const trouble = troubleOf(found);
    if (trouble === undefined) meter.at(found.examined, found.total);
    else if (waited >= REMARK_AFTER_MS && trouble !== told) output.remark((told = trouble));
    await pause(LOOK_EVERY_MS);
  }
}

function troubleOf({ examined, lastError, cursor }: Backfill): string | undefined {
  if (lastError !== null) return `It was interrupted and goes on: ${lastError}`;
  return cursor === null && examined === 0 ? 'No worker has begun yet; is the service running?' : undefined;
}
