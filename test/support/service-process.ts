import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The built service in a process of its own, without vitest around it. */
export interface ServiceProcess {
  /** Its address, once it is ready; throws where it ends before that, or takes more than a minute. */
  readonly ready: Promise<string>;
  /** What ended it: a signal, or null where it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
  /** What it has written so far, to both streams. */
  output(): string;
  kill(signal?: NodeJS.Signals): void;
}

export interface ServiceProcessOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly role?: 'all' | 'web' | 'worker';
  /** Options of Node's, before the program. */
  readonly nodeOptions?: readonly string[];
}

/** Starts the service on a free port, unless the environment names one. Whoever starts it kills it. */
export function startServiceProcess({ env, role = 'all', nodeOptions = [] }: ServiceProcessOptions): ServiceProcess {
  const child = spawn(process.execPath, [...nodeOptions, 'dist/main.js', '--role', role], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'warn', LIVEMODE: 'both', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()));
  const readUrl = (): string | undefined => {
    const [, url] = /renewal-ledger is ready at (\S+)/.exec(output) ?? [];
    const isAlive = child.exitCode === null && child.signalCode === null;
    if (url === undefined && isAlive) throw new Error(`The service is not ready: ${output}`);
    return url;
  };
  const ready = eventually(readUrl, { withinMs: 60_000 }).then((url) => {
    if (url === undefined) throw new Error(`The service ended as it started: ${output}`);
    return url;
  });
  ready.catch(() => undefined); // not everybody asks
  return {
    ready,
    ended: once(child, 'close').then(([, signal]) => signal as NodeJS.Signals | null),
    output: () => output,
    kill: (signal = 'SIGKILL') => void child.kill(signal),
  };
}
