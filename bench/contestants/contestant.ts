import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOf } from '../cpu.js';
import { WEBHOOK_SECRET } from '../events.js';

/** A receiver of webhooks in a process of its own. */
export interface Contestant {
  /** Of its HTTP server. */
  readonly url: string;
  readonly pid: number;
  cpuSeconds(): Promise<number>;
  /** Stops its process where it stands, and lets it go on. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

export interface ContestantProgram {
  readonly name: string;
  /** Where it takes webhooks. */
  readonly path: string;
  /** Where it keeps a row for every event of the bench: what can follow `from`. */
  readonly stored: string;
  /** Goes on working after its answers. */
  readonly handles: boolean;
  start(databaseUrl: string): Promise<Contestant>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const READY_WITHIN_MS = 30_000;

/** The service as its users run it: what `npm run build` made, told by its environment. */
export const ledger = (role: 'web' | 'all' | 'worker'): ContestantProgram => ({
  name: role === 'all' ? 'renewal-ledger, with its worker' : `renewal-ledger --role ${role}`,
  path: '/webhooks/stripe',
  stored: `event where source = 'STRIPE'`,
  handles: role !== 'web',
  start: (databaseUrl) =>
    startProcess(['--max-semi-space-size=16', 'dist/main.js', '--role', role], {
      DATABASE_URL: databaseUrl,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      ADMIN_API_KEY: 'key-of-the-bench',
      LIVEMODE: 'both',
      PORT: '0',
      LOG_LEVEL: 'warn',
    }),
});

export const NESTJS_STRIPE = rival('@golevelup/nestjs-stripe', 'nestjs-stripe.ts', {
  path: '/stripe/webhook',
  stored: 'stripe_event',
});
export const SYNC_ENGINE = rival('@supabase/stripe-sync-engine', 'stripe-sync-engine.ts', {
  path: '/webhooks',
  stored: 'stripe.invoices',
});

/** A program of bench/contestants/, which prints the address that it listens on. */
function rival(name: string, file: string, { path, stored }: { path: string; stored: string }): ContestantProgram {
  return {
    name,
    path,
    stored,
    handles: false,
    start: (databaseUrl) =>
      startProcess(['--import', '@oxc-node/core/register', `bench/contestants/${file}`], {
        DATABASE_URL: databaseUrl,
        WEBHOOK_SECRET,
      }),
  };
}

async function startProcess(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Contestant> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(child, args.join(' '));
  const pid = child.pid!;
  const tellOfEnd = (code: number | null, signal: string | null) =>
    console.error(`"${args.join(' ')}" ended by itself: ${code ?? signal}.`);
  child.once('exit', tellOfEnd);
  return {
    url,
    pid,
    cpuSeconds: () => cpuSecondsOf(pid),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async stop() {
      child.off('exit', tellOfEnd).kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      clearTimeout(late);
    },
  };
}

/** The first address that it prints; what it logs is passed on. */
function addressOf(child: ChildProcess, command: string): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => child.kill('SIGKILL'), READY_WITHIN_MS);
    child.once('exit', (code, signal) =>
      reject(new Error(`"${command}" ended before it listened: ${code ?? signal}.`)),
    );
    lines.on('line', (line) => {
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (url === undefined && line.startsWith('{')) console.error(line);
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    });
  });
}
