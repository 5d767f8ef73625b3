import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { addBackfill } from './backfill.js';
import { addDoctor } from './doctor/doctor.js';
import { addExplain } from './explain.js';
import { addExport } from './export.js';
import { addImport } from './import.js';
import { addKeys } from './keys.js';
import { addLink } from './link.js';
import { addMigrate } from './migrate.js';
import { addReplay } from './replay.js';
import { addSimulate } from './simulate/simulate.js';

const AFTER = `
Examples:
  renewal-ledger start
  renewal-ledger doctor
  renewal-ledger explain in_1Abc
  renewal-ledger help import

Commands use DATABASE_URL, or the service that runs beside them (npm start).
Results go to standard output, everything else to standard error.

Exit codes:
  0    done
  1    failed, or not what was asked for: the sentence on standard error says why
  2    called wrongly
  130  interrupted (Ctrl-C): the sentence says what is left, and how to go on`;

/** The whole command line. Each command opens what it needs and closes it again. */
export function createProgram(): Command {
  const program = new Command('renewal-ledger')
    .description('Stores every Stripe event, and links each invoice to the renewal that it pays for.')
    .version(versionOf())
    .addHelpText('after', AFTER)
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride();
  addStart(program);
  addMigrate(program);
  addImport(program);
  addExport(program);
  addBackfill(program);
  addReplay(program);
  addLink(program);
  addExplain(program);
  addKeys(program);
  addDoctor(program);
  addSimulate(program);
  return program;
}

/** From the package, which lies as far above the sources as above what is built of them. */
function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

const START_EXAMPLES = `
Examples:
  renewal-ledger start
  renewal-ledger start --role worker

The settings are in the README; a bad one stops the start with a sentence. SIGTERM and Ctrl-C stop it within 10 s.`;

function addStart(program: Command): void {
  program
    .command('start')
    .description('run the service; its settings come from the environment')
    .addOption(new Option('--role <role>', 'what this process does').choices(['all', 'web', 'worker']).default('all'))
    .addHelpText('after', START_EXAMPLES)
    .action(async ({ role }: { role: string }) => {
      // Loaded when it is asked for: it is by far the largest part, and no other command needs it.
      const { run } = await import('../main/run.js');
      await run(['--role', role]);
    });
}
