import { CommanderError } from 'commander';
import { LedgerError } from '../errors.js';
import { sentenceOf } from '../log.js';
import { createProgram } from './program.js';

/** PostgreSQL's code for a table that is not there. */
const NO_SUCH_TABLE = '42P01';

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) process.stderr.write(`${toSentence(error)}\n`);
  process.exitCode = toExitCode(error);
}

function toSentence(error: unknown): string {
  if (error instanceof LedgerError) return error.message;
  const { code } = (error ?? {}) as { code?: unknown };
  if (code === NO_SUCH_TABLE) return 'The database is not migrated. Run: renewal-ledger migrate';
  return `The command failed: ${sentenceOf(error)}`;
}

/** Commander has printed what was wrong already, and throws with 0 after help and version. */
function toExitCode(error: unknown): number {
  if (!(error instanceof CommanderError)) return 1;
  return error.exitCode === 0 ? 0 : 2;
}
