import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { type Command, InvalidArgumentError } from 'commander';
import { openBackfillQueue, sendBackfill } from '../backfill/backfill-worker.js';
import { createBackfills, type StartBackfill } from '../backfill/backfills.js';
import { systemClock } from '../clock.js';
import { readDatabaseConfig } from '../config.js';
import { databaseAddress } from '../database/address.js';
import { Backfill } from '../entities/backfill.entity.js';
import { BackfillKind, BackfillState } from '../entities/states.js';
import { LedgerError } from '../errors.js';
import { createAnnouncer } from '../events/announcer.js';
import { openJobs } from '../events/jobs.js';
import { createLogger } from '../log.js';
import { createOutput, type Output } from './output.js';
import { withDatabase } from './with-database.js';

const EXAMPLES = `
Examples:
  renewal-ledger backfill links --dry-run
  renewal-ledger backfill links --checkout-intent 17
  renewal-ledger backfill events --since 2026-11-20T00:00:00Z --types invoice.paid,invoice.voided

A worker of the running service does the work: Ctrl-C ends the watching, not the backfill. Its changes and problems,
record by record, are in GraphQL: backfill(id).`;

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
    .option('--types <types>', 'only these types, comma-separated, 20 at most', (types: string) => types.split(','))
    .action((options: Events) =>
      run(options, {
        kind: BackfillKind.STRIPE_EVENTS,
        dryRun: options.dryRun ?? false,
        since: options.since,
        eventTypes: options.types,
      }),
    );
}

type Common = Readonly<{ json?: boolean; dryRun?: boolean }>;
type Links = Common & Readonly<{ announce?: boolean; checkoutIntent?: string }>;
type Events = Common & Readonly<{ since?: Date; types?: string[] }>;

function common(command: Command): Command {
  return command.option('--dry-run', 'show what would change, and change nothing').option('--json', 'print JSON');
}

function toTime(text: string): Date {
  const time = new Date(text);
  if (!/[zZ]|[+-]\d\d:?\d\d$/.test(text) || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('Give a time with its offset from UTC, such as 2026-11-20T00:00:00Z.');
  return time;
}

/** The run came to an end, but not to its own. */
class BackfillEndedError extends LedgerError {
  readonly code = 'BACKFILL_ENDED';
}

function run({ json = false }: Common, input: StartBackfill): Promise<void> {
  return withDatabase(async (orm) => {
    const output = createOutput({ json });
    const id = await start(orm, input);
    output.remark(`Backfill ${id} is started.`);
    const ended = await watch(orm, id, output);
    const { state, examined, linked, dated, stored, skipped, ambiguous, failed, lastError } = ended;
    const counts = { examined, linked, dated, stored, skipped, ambiguous, failed };
    const told = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
    output.result(`Backfill ${id} is ${state}: ${told.join(', ')}.`, { id, state, ...counts, lastError });
    if (state !== BackfillState.DONE) throw new BackfillEndedError(lastError ?? `Backfill ${id} was canceled.`);
  });
}

async function start(orm: MikroORM, input: StartBackfill): Promise<string> {
  const url = await databaseAddress(readDatabaseConfig());
  const jobs = await openJobs({ url, log: createLogger('warn'), works: false });
  try {
    await openBackfillQueue(jobs);
    const announcer = createAnnouncer(jobs, null);
    const options = { em: orm.em, announcer, clock: systemClock, send: sendBackfill(jobs) };
    return await createBackfills(options).start(input, 'command line');
  } finally {
    await jobs.close();
  }
}

const LOOK_EVERY_MS = 250;
const REMARK_EVERY_MS = 5_000;

async function watch(orm: MikroORM, id: string, output: Output): Promise<Backfill> {
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    const found = await orm.em.fork().findOneOrFail(Backfill, id);
    if (found.state !== BackfillState.RUNNING) return found;
    if (waited > 0 && waited % REMARK_EVERY_MS === 0) output.remark(progressOf(found));
    await pause(LOOK_EVERY_MS);
  }
}

function progressOf({ examined, total, lastError, cursor }: Backfill): string {
  if (lastError !== null) return `It was interrupted and goes on: ${lastError}`;
  if (cursor === null && examined === 0) return 'No worker has begun yet; is the service running?';
  return total === null ? `${examined} examined` : `${examined} of ${total} examined`;
}
