import { Command, Option } from 'commander';
import { addBackfill } from './backfill.js';
import { addKeys } from './keys.js';
import { addMigrate } from './migrate.js';
import { addSimulate } from './simulate/simulate.js';

/** The whole command line. Each command opens what it needs and closes it again. */
export function createProgram(): Command {
  const program = new Command('renewal-ledger')
    .description('Stores every Stripe event, and links each invoice to the renewal that it pays for.')
    .addHelpText(
      'after',
      '\nCommands use DATABASE_URL, or the service that runs beside them (npm start).\nExit codes: 0 done, 1 failed, 2 called wrongly.',
    )
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride();
  addStart(program);
  addMigrate(program);
  addBackfill(program);
  addKeys(program);
  addSimulate(program);
  return program;
}

function addStart(program: Command): void {
  program
    .command('start')
    .description('run the service; its settings come from the environment')
    .addOption(new Option('--role <role>', 'what this process does').choices(['all', 'web', 'worker']).default('all'))
    .action(async ({ role }: { role: string }) => {
      // Loaded when it is asked for: it is by far the largest part, and no other command needs it.
      const { run } = await import('../main/run.js');
      await run(['--role', role]);
    });
}
