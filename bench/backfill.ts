import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { assertFilled, copyFacts, EVENTS_PER_RENEWAL, patternIntent, preloadHistory } from './backfill-preload.js';
import { type Contestant, ledger } from './contestants/contestant.js';
import type { BenchServer } from './database.js';
import { type CpuSeconds, openPlayer, withCpu } from './open-player.js';
import type { Options } from './options.js';

export interface BackfillTurn {
  /** Whether the invoices' facts were there, or had to be read from the stored events. */
  readonly facts: 'there' | 'missing';
  readonly renewals: number;
  readonly events: number;
  readonly seconds: number;
  readonly cpu: CpuSeconds;
  /** The most memory that its process held at once. */
  readonly peakBytes: number;
}

/** Backfills of renewals that lack an invoice or a date, by one process, at growing sizes: each on a database of its own. */
export async function measureBackfill(
  server: BenchServer,
  { backfillSizes }: Options,
  onTurn: (turn: BackfillTurn) => void,
): Promise<BackfillTurn[]> {
  const turns: BackfillTurn[] = [];
  for (const renewals of backfillSizes) {
    for (const facts of ['there', 'missing'] as const) {
      const turn = await measureOne(server, facts, renewals);
      turns.push(turn);
      onTurn(turn);
    }
  }
  return turns;
}

async function measureOne(server: BenchServer, facts: BackfillTurn['facts'], renewals: number): Promise<BackfillTurn> {
  const { databaseUrl, sql, contestant, leave } = await openPlayer(
    server,
    ledger('all'),
    `backfill_${facts}_${renewals}`,
  );
  try {
    await preloadHistory(sql, renewals);
    await backfill(contestant, sql, await patternIntent(sql));
    if (facts === 'there') await copyFacts(sql, renewals);
    await sql.query('analyze');
    // A fresh process: the memory that the preparation took is not counted.
    await contestant.stop();
    const runner = await ledger('all').start(databaseUrl);
    await server.checkpoint();
    const start = performance.now();
    const { cpu } = await withCpu(server, runner, () => backfill(runner, sql));
    const seconds = (performance.now() - start) / 1000;
    const peakBytes = await peakBytesOf(runner.pid);
    await runner.stop();
    await assertFilled(sql, renewals);
    return { facts, renewals, events: renewals * EVENTS_PER_RENEWAL, seconds, cpu, peakBytes };
  } finally {
    await leave();
    await dropDatabase(databaseUrl);
  }
}

/** Starts a backfill as its users do, and returns at its end. */
async function backfill({ url }: Contestant, sql: Client, checkoutIntentId: string | null = null): Promise<void> {
  const query = 'mutation ($of: ID) { startBackfill(input: { checkoutIntentId: $of }) { id } }';
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer key-of-the-bench' },
    body: JSON.stringify({ query, variables: { of: checkoutIntentId } }),
  });
  if (!response.ok) throw new Error(`The backfill was not started: ${await response.text()}`);
  for (;;) {
    const { rows } = await sql.query<{ state: string }>('select state from backfill order by id desc limit 1');
    if (rows[0]?.state === 'DONE') return;
    if (rows[0]?.state !== 'RUNNING') throw new Error(`The backfill is ${rows[0]?.state ?? 'not there'}.`);
    await pause(20);
  }
}

/** See proc_pid_status(5). */
async function peakBytesOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(text)?.[1]) * 1024;
}

async function dropDatabase(databaseUrl: string): Promise<void> {
  const address = new URL(databaseUrl);
  const admin = new Client({ connectionString: Object.assign(new URL(databaseUrl), { pathname: '/postgres' }).href });
  await admin.connect();
  await admin.query(`drop database if exists ${address.pathname.slice(1)} with (force)`);
  await admin.end();
}
