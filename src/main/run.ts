import { parseArgs } from 'node:util';
import { readConfig } from '../config.js';
import { LedgerError } from '../errors.js';
import { createLogger } from '../log.js';
import type { Role } from '../service.js';
import { collectGarbageEarlier } from './heap.js';
import { createShutdown } from './shutdown.js';
import { start } from './start.js';

const ROLES: readonly string[] = ['all', 'web', 'worker'] satisfies Role[];

const USAGE = `Usage: renewal-ledger start [--role all|web|worker]

  web     answers HTTP and leaves the events to workers
  worker  handles events, and answers health and metrics
  all     both (default)

Settings come from the environment; see docs/operations.md.
`;

/** Starts the service and returns when it listens; from then on signals end the process. */
export async function run(args: readonly string[]): Promise<void> {
  const options = readArguments(args);
  if (options === 'help') return void process.stdout.write(USAGE);
  if (options === 'usage') return end(USAGE, 2);
  collectGarbageEarlier();
  try {
    const config = readConfig();
    const log = createLogger(config.logLevel);
    const shutdown = createShutdown(log, (code) => process.exit(code));
    shutdown.listen(process);
    await shutdown.guard(start(config, { role: options.role, log, onClose: shutdown.add }));
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    end(`${error.message}\n`, 1);
  }
}

function readArguments(args: readonly string[]): { role: Role } | 'help' | 'usage' {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { role: { type: 'string', default: 'all' }, help: { type: 'boolean', short: 'h', default: false } },
    });
    if (values.help) return 'help';
    return ROLES.includes(values.role) ? { role: values.role as Role } : 'usage';
  } catch {
    return 'usage';
  }
}

function end(words: string, code: number): never {
  process.stderr.write(words);
  process.exit(code);
}
