import { CommanderError } from 'commander';
import { LedgerError } from '../errors.js';
import { sentenceOf } from '../log.js';
import { EXIT_INTERRUPTED, InterruptedError } from './interrupt.js';
import { UsageError } from './options.js';
import { createProgram } from './program.js';

/** PostgreSQL's codes for a table, a column or a schema that is not there. */
const NOT_MIGRATED = new Set(['42P01', '42703', '3F000']);

// Whoever reads, such as head, may have had enough.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) process.stderr.write(`${toSentence(error)}\n`);
  process.exitCode = toExitCode(error);
}

function toSentence(error: unknown): string {
  if (error instanceof LedgerError) return error.message;
  const { code } = (error ?? {}) as { code?: unknown };
  if (NOT_MIGRATED.has(String(code))) return 'The database is not migrated. Run: renewal-ledger migrate';
  return `The command failed: ${sentenceOf(error)}`;
}

/** Commander has printed what was wrong already, and throws with 0 after help and version. */
function toExitCode(error: unknown): number {
  if (error instanceof InterruptedError) return EXIT_INTERRUPTED;
  if (error instanceof UsageError) return 2;
  if (!(error instanceof CommanderError)) return 1;
  return error.exitCode === 0 ? 0 : 2;
}
