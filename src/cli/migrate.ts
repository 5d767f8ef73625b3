import type { Command } from 'commander';
import { migrate } from '../database/migrate.js';
import { createOutput } from './output.js';
import { withDatabase } from './with-database.js';

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('bring the database up to date, as every start does too')
    .option('--json', 'print JSON')
    .action(({ json = false }: { json?: boolean }) =>
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
