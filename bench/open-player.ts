import { Client } from 'pg';
import type { Contestant, ContestantProgram } from './contestants/contestant.js';
import type { BenchServer } from './database.js';

/** A contestant on a database of its own. */
export interface Player {
  readonly program: ContestantProgram;
  readonly databaseUrl: string;
  readonly contestant: Contestant;
  readonly sql: Client;
  leave(): Promise<void>;
}

export async function openPlayer(server: BenchServer, program: ContestantProgram, database: string): Promise<Player> {
  const databaseUrl = await server.createDatabase(database);
  const contestant = await program.start(databaseUrl);
  const sql = new Client({ connectionString: databaseUrl });
  sql.on('error', () => undefined);
  await sql.connect();
  return {
    program,
    databaseUrl,
    contestant,
    sql,
    async leave() {
      await contestant.stop();
      await sql.end();
    },
  };
}

export interface CpuSeconds {
  readonly process: number;
  readonly postgres: number;
}

/** Does the work and answers what it cost, in processor time of the contestant and of PostgreSQL. */
export async function withCpu<T>(
  server: BenchServer,
  contestant: Contestant,
  work: () => Promise<T>,
): Promise<{ result: T; cpu: CpuSeconds }> {
  const before = [await contestant.cpuSeconds(), await server.cpuSeconds()] as const;
  const result = await work();
  const after = [await contestant.cpuSeconds(), await server.cpuSeconds()] as const;
  return { result, cpu: { process: after[0] - before[0], postgres: after[1] - before[1] } };
}
