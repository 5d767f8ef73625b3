import { basename } from 'node:path';
import { inTransaction } from '../database/transaction.js';
import { BadInputError } from '../errors.js';
import { createReporting } from '../ledger/reporting.js';
import type { ImportContext, ImportOptions } from './context.js';
import { type Found, type Inspection, inspect } from './inspect.js';
import { Problems } from './problems.js';
import { readAhead, readGroups } from './read-records.js';
import type { Kind } from './records.js';
import { fingerprintOf } from './source.js';
import { writeEvents } from './write-events.js';
import { moveSequence, writeIntents } from './write-intents.js';
import { writeRenewals } from './write-renewals.js';

export interface Imported {
  readonly checkoutIntents: number;
  readonly renewals: number;
  readonly events: number;
  /** Of the events: stored, and DEAD, because nothing can be read from them. */
  readonly unreadable: number;
}

export interface ImportReport extends Inspection {
  /** What was written; in a dry run, what would be. */
  readonly imported: Imported;
  /** How changes are signed in history. */
  readonly by: string;
}

/** Called as it goes: while the file is looked at, then while it is written. */
export interface ImportProgress {
  looked(records: number): void;
  written(records: number, total: number): void;
}

const GROUP = 200;
/** Many, because those of one intent are then settled together. */
const EVENT_GROUP = 2_000;

/**
 * Brings the records of a file into the ledger: intents under their ids, then renewals, then events. It is looked at as a whole before a
 * row is written, and what is there already stays as it is, so that a second import writes nothing and one that was cut off is run again.
 * @throws ImportRefusedError with everything that is wrong with the file. Aborting ends it between two groups.
 */
export async function importFile(
  options: ImportOptions,
  path: string,
  {
    dryRun,
    progress,
    signal,
  }: { readonly dryRun: boolean; readonly progress: ImportProgress; readonly signal: AbortSignal },
): Promise<ImportReport> {
  const fingerprint = await fingerprintOf(path);
  const by = `import:${fingerprint}`;
  const found = await inspect(options.em, path, { onRead: (records) => progress.looked(records), signal });
  if (dryRun) return { ...found, imported: missingOf(found), by };
  if ((await fingerprintOf(path)) !== fingerprint)
    throw new BadInputError(`${path} was changed while it was looked at; run the import again.`);
  const context = { ...options, by, reason: `imported from ${basename(path).slice(0, 200)}` };
  const imported = await writeAll(context, { path, found, progress, signal });
  if (!options.announce) await holdBackReports(context);
  return { ...found, imported, by };
}

function missingOf({ checkoutIntents, renewals, events }: Inspection): Imported {
  const missing = ({ inFile, present }: Found) => Math.max(0, inFile - present);
  return {
    checkoutIntents: missing(checkoutIntents),
    renewals: missing(renewals),
    events: missing(events),
    unreadable: 0,
  };
}

interface Work {
  readonly path: string;
  readonly found: Inspection;
  readonly progress: ImportProgress;
  readonly signal: AbortSignal;
}

async function writeAll(context: ImportContext, { path, found, progress, signal }: Work): Promise<Imported> {
  const imported = { checkoutIntents: 0, renewals: 0, events: 0, unreadable: 0 };
  const total = [found.checkoutIntents, found.renewals, found.events]
    .filter(({ inFile, present }) => inFile > present)
    .reduce((sum, { inFile }) => sum + inFile, 0);
  let written = 0;
  const eachGroup = async function* <K extends Kind>(kind: K, { inFile, present }: Found) {
    if (inFile === present) return;
    const problems = new Problems();
    const size = kind === 'event' ? EVENT_GROUP : GROUP;
    // A file can have changed since it was looked at.
    for await (const group of readAhead(readGroups(path, { kind, size, count: inFile, problems }))) {
      problems.assertNone();
      signal.throwIfAborted();
      yield group.map(({ record }) => record);
      written += group.length;
      progress.written(written, total);
    }
  };
  await inTransaction(context.em, (tx) => moveSequence(tx, found.largestIntentId));
  for await (const intents of eachGroup('checkoutIntent', found.checkoutIntents))
    imported.checkoutIntents += await writeIntents(context, intents);
  for await (const renewals of eachGroup('renewal', found.renewals))
    imported.renewals += await writeRenewals(context, renewals);
  for await (const events of eachGroup('event', found.events)) {
    const { stored, unreadable } = await writeEvents(context, events);
    imported.events += stored;
    imported.unreadable += unreadable;
  }
  return imported;
}

/** What time alone would bring about of what was imported: renewals overdue for years, invoices without one. */
async function holdBackReports({ em, announcer, clock, by }: ImportContext): Promise<void> {
  const reporting = createReporting({
    em,
    announcer,
    clock,
    unmatchedGraceMinutes: 0,
    overdueGraceHours: 0,
    holdBackOf: by,
  });
  await reporting.reportInvoices();
  await reporting.reportOverdue();
}
