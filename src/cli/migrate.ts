import type { Command } from 'commander';
import { migrate } from '../database/migrate.js';
import { type Json, JSON_OPTION } from './options.js';
import { createOutput } from './output.js';
import { withDatabase } from './with-database.js';

const EXAMPLES = `
Examples:
  renewal-ledger migrate

One process migrates at a time, the others wait. What was interrupted is finished by running it again.`;

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('bring the database up to date, as every start does too')
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action(({ json = false }: Json) =>
      withDatabase(async (orm) => {
        const output = createOutput({ json });
        const applied = await migrate(orm, {
          onWaiting: () => output.remark('Another process migrates; waiting for it.'),
        });
        output.result(applied.length > 0 ? `Applied ${applied.join(', ')}.` : 'The database is up to date.', {
          applied,
        });
      }),
    );
}
