import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { openEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { cpuSecondsBelow } from './cpu.js';

export interface BenchServer {
  /** Makes a database and answers its address. */
  createDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** Writes out what earlier turns left, so that the next one does not pay for it. */
  checkpoint(): Promise<void>;
  /** Processor time of all of PostgreSQL's processes so far. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

/** One embedded PostgreSQL as the service itself would start it, in a directory that is thrown away. An answer means fsync. */
export async function openBenchServer(): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'renewal-ledger-bench-'));
  // Where root could not share it with PostgreSQL's account, the database would lie elsewhere, and stay.
  await chmod(dataDir, 0o711);
  const server = await openEmbeddedPostgres({ dataDir, durable: true });
  const admin = new Client({ connectionString: server.url('postgres') });
  await admin.connect();
  const { rows } = await admin.query(
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit')",
  );
  if (rows.some(({ setting }) => setting !== 'on'))
    throw new Error('This PostgreSQL is not durable: its figures would mean nothing.');
  // stripe-sync-engine's migrations give a function to a role of this name.
  await admin.query('create role postgres');
  const postmaster = Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n', 1)[0]);
  return {
    async createDatabase(name) {
      await admin.query(`create database ${name}`);
      return server.url(name);
    },
    dropDatabase: async (name) => void (await admin.query(`drop database ${name} with (force)`)),
    checkpoint: async () => void (await admin.query('checkpoint')),
    cpuSeconds: () => cpuSecondsBelow(postmaster),
    async stop() {
      await admin.end();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
