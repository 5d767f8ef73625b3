import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The built service, and its command line. */
export const SERVICE = ['node', 'dist/main.js'];
export const COMMAND = ['node', 'bin/renewal-ledger.js'];

export interface Launch {
  readonly env?: Readonly<Record<string, string>>;
  /** Another user, where root starts it. */
  readonly user?: Readonly<{ uid?: number; gid?: number }>;
  /** Where cleaning up is registered; by default for the end of the test. */
  readonly onEnd?: OnEnd;
}

export type OnEnd = (cleanUp: () => void | Promise<void>) => void;

/** A process in a group of its own, as a terminal would start it; what is left of the group is killed when the test ends. */
export function launch(
  [program = '', ...args]: readonly string[],
  { env = {}, user = {}, onEnd = onTestFinished }: Launch = {},
) {
  if (!existsSync(`${ROOT}/dist/main.js`)) throw new Error('The service is not built. Run npm run build first.');
  const path = `${ROOT}/node_modules/.bin:${process.env['PATH']}`;
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd: ROOT,
    detached: true,
    env: { PATH: path, HOME: process.env['HOME'], PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  const pid = child.pid as number;
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (part: Buffer) => (output.stdout += part.toString()));
  child.stderr.on('data', (part: Buffer) => (output.stderr += part.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  onEnd(() => signalGroup(pid, 'SIGKILL'));
  return {
    pid,
    output,
    /** The exit code, once the process has ended and all its output is here. */
    exit,
    signal: (name: NodeJS.Signals) => void process.kill(pid, name),
    /** To the process and its children, as a terminal does it on Ctrl-C. */
    signalGroup: (name: NodeJS.Signals) => signalGroup(pid, name),
    /** The address that the service prints when it is ready. */
    ready: () =>
      eventually(
        () => {
          const [, url] = /renewal-ledger is ready at (\S+)/.exec(output.stdout) ?? [];
          if (url === undefined) throw new Error(`Not ready yet: ${output.stdout}${output.stderr}`);
          return url;
        },
        { withinMs: 90_000 },
      ),
  };
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
