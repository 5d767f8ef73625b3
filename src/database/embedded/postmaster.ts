import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedPostgresError } from '../../errors.js';
import { type Cluster, PROCESS_OPTIONS } from './cluster.js';

/** PostgreSQL's first process, which listens. */
export type Postmaster = Readonly<{ pid: number; port: number }>;

export type PostmasterOptions = Readonly<{ durable: boolean; logFile: string; port: number | undefined }>;

const ALWAYS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The log never holds a row, a parameter or the text of a statement.
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  // One call instead of one per file, before recovery from a crash.
  recovery_init_sync_method: 'syncfs',
};
const FOR_THROWING_AWAY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * The server that runs on these files: one that a killed process left behind may be anywhere between starting and
 * stopping. Its pid file alone proves nothing, pids repeat between containers; a postmaster stands in its directory.
 */
export function findPostmaster(directory: string): Postmaster | undefined {
  const [pid, , , port] = pidFileOf(directory).map(Number);
  return pid && port && standsIn(pid, directory) ? { pid, port } : undefined;
}

/** What the server itself says of its state, instead of a refused connection in its log at every look. */
export function isReady(directory: string): boolean {
  return pidFileOf(directory)[7]?.trim() === 'ready';
}

/** Starts a server. It is its own process group: a Ctrl-C on our terminal does not reach it, we stop it in our order. */
export async function startPostmaster(cluster: Cluster, options: PostmasterOptions): Promise<Postmaster> {
  await clearStalePidFile(cluster.directory);
  const port = options.port ?? (await freePort());
  const settings = { ...ALWAYS, ...(options.durable ? {} : FOR_THROWING_AWAY) };
  const args = [
    '-D',
    cluster.directory,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(cluster.binaries.postgres, args, {
      ...PROCESS_OPTIONS,
      ...cluster.account,
      cwd: cluster.directory,
      stdio: ['ignore', log, log],
    });
    return { pid: await pidOf(child), port };
  } finally {
    closeSync(log);
  }
}

/**
 * Ends the server: sessions that are ending are let go, then PostgreSQL's "fast" shutdown ends the others and writes a
 * checkpoint. What is forced at the very end loses nothing committed either.
 */
export async function stopPostmaster({ pid }: Postmaster, directory: string): Promise<void> {
  for (const [signal, forMilliseconds] of [
    ['SIGTERM', 300],
    ['SIGINT', 8_000],
    ['SIGQUIT', 2_000],
    ['SIGKILL', 2_000],
  ] as const) {
    if (!standsIn(pid, directory)) return;
    process.kill(pid, signal);
    const deadline = performance.now() + forMilliseconds;
    while (standsIn(pid, directory) && performance.now() < deadline) await pause(10);
  }
}

/** Whether a live process has this directory as its working directory. A zombie has none. */
export function standsIn(pid: number, directory: string): boolean {
  try {
    const [its, ours] = [statSync(`/proc/${pid}/cwd`), statSync(directory)];
    return its.ino === ours.ino && its.dev === ours.dev;
  } catch {
    return false;
  }
}

function pidOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child
      .once('spawn', () => resolve(child.pid as number))
      .once('error', (cause) => {
        reject(
          new EmbeddedPostgresError(
            'PostgreSQL could not be run on this machine. Set DATABASE_URL to use a server of your own.',
            { cause },
          ),
        );
      });
    child.unref();
  });
}

/**
 * PostgreSQL refuses to start while the pid in a left-over file is anybody's, or a zombie's: that file is removed.
 * Before that the dead server's sessions have to be gone, because the file is also what would have told of them.
 */
async function clearStalePidFile(directory: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while ((await processesIn(directory)).length > 0 && performance.now() < deadline) await pause(20);
  if ((await processesIn(directory)).length === 0) rmSync(join(directory, 'postmaster.pid'), { force: true });
}

async function processesIn(directory: string): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && standsIn(pid, directory));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Zero where there is no such file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function pidFileOf(directory: string): string[] {
  try {
    return readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}
