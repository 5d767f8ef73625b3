import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { readStripeConfig } from '../config.js';
import { createFactHandlers } from '../handlers/built-in.js';
import { importFile, type ImportReport } from '../transfer/import.js';
import { ImportRefusedError } from '../transfer/problems.js';
import { interruptible } from './interrupt.js';
import { type Json, JSON_OPTION } from './options.js';
import { createOutput, type Output } from './output.js';
import { createProgress, type Meter, type Progress } from './progress.js';
import { withLedger } from './with-database.js';

const EXAMPLES = `
Examples:
  renewal-ledger import dump.json --dry-run      look at a whole file, and write nothing
  renewal-ledger import dump.json
  renewal-ledger import ledger.ndjson.gz         what renewal-ledger export wrote

A file of Django's dumpdata (customer_billing: checkoutintent, selfservicesubscriptionrenewal, stripeeventdata), or of
renewal-ledger export; gzipped or not. It is looked at as a whole before a row is written. What is there already stays
as it is: a second import writes nothing, and one that was cut off is run again. Nothing is announced unless --announce:
events that follow are stored and held back, and renewal-ledger replay releases them.`;

type Options = Json & Readonly<{ dryRun?: boolean; announce?: boolean }>;

export function addImport(program: Command): void {
  program
    .command('import')
    .description('bring in checkout intents, renewals and events of another system')
    .argument('<file>', 'of Django dumpdata, or of renewal-ledger export')
    .option('--dry-run', 'look at the whole file, say what would be written, and write nothing')
    .option('--announce', 'have workers handle its events as if delivered now, and raise what follows')
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: Options) => run(file, options));
}

async function run(file: string, { json = false, dryRun = false, announce = false }: Options): Promise<void> {
  const output = createOutput({ json });
  const { livemode } = readStripeConfig();
  const factHandlers = createFactHandlers();
  const meter = new ImportMeter(createProgress({ json }));
  try {
    const report = await interruptible(
      () => `Interrupted. What is written so far is whole; run the same import again to go on.`,
      (signal) =>
        withLedger(({ em, announcer, log, jobs }) =>
          importFile(
            { em, announcer, clock: systemClock, log, factHandlers, livemode, query: jobs.query, announce },
            file,
            { dryRun, progress: meter, signal },
          ),
        ),
    );
    meter.stop();
    tell(output, report, dryRun);
  } catch (error) {
    meter.stop();
    if (json && error instanceof ImportRefusedError)
      output.result('', { refused: true, total: error.total, problems: error.problems });
    throw error;
  }
}

/** Two bars in turn: how much of the file is looked at, then how much is written. */
class ImportMeter {
  readonly #progress: Progress;
  #looking: Meter | undefined;
  #writing: Meter | undefined;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  looked(records: number): void {
    this.#looking ??= this.#progress.open('Looking at the file');
    this.#looking.at(records, null);
  }

  written(records: number, total: number): void {
    this.#looking?.stop();
    this.#writing ??= this.#progress.open('Importing');
    this.#writing.at(records, total);
  }

  stop(): void {
    this.#looking?.stop();
    this.#writing?.stop();
  }
}

function tell(output: Output, report: ImportReport, dryRun: boolean): void {
  const { checkoutIntents, renewals, events, erased, skipped, imported, by } = report;
  for (const [model, count] of Object.entries(skipped)) output.remark(`Passed over: ${count} of ${model}.`);
  if (erased > 0) output.remark(`Passed over: ${count(erased, 'event')} whose payload is erased.`);
  if (imported.unreadable > 0)
    output.remark(`${count(imported.unreadable, 'event')} could not be read: see renewal-ledger doctor.`);
  const present = checkoutIntents.present + renewals.present + events.present;
  const what = `${count(imported.checkoutIntents, 'checkout intent')}, ${count(imported.renewals, 'renewal')} and ${count(imported.events, 'event')}`;
  output.result(
    `${dryRun ? 'Would import' : 'Imported'} ${what}; ${present} ${present === 1 ? 'was' : 'were'} there already.`,
    { dryRun, imported, checkoutIntents, renewals, events, erased, skipped, by },
  );
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
