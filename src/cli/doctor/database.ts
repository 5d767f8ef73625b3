import type { MikroORM } from '@mikro-orm/postgresql';
import type { Clock } from '../../clock.js';
import { inTransaction } from '../../database/transaction.js';
import { type Diagnosis, note, ok, wrong } from './finding.js';

const OLDEST_SERVER = 150_000;

export async function checkDatabase(orm: MikroORM): Promise<Diagnosis[]> {
  const [row] = await orm.em
    .getConnection()
    .execute<{ version: string; number: string; recovery: boolean }[]>(
      `select current_setting('server_version') as version, current_setting('server_version_num') as number, pg_is_in_recovery() as recovery`,
    );
  const told = `PostgreSQL ${row?.version} answers.`;
  if (Number(row?.number) < OLDEST_SERVER)
    return [wrong(`${told} It is too old.`, 'Upgrade it to PostgreSQL 15 or later.')];
  if (row?.recovery === true)
    return [wrong(`${told} It is a standby, which takes no writes.`, 'Set DATABASE_URL to the primary.')];
  return [ok(told)];
}

export async function checkMigrations(orm: MikroORM): Promise<Diagnosis[]> {
  const pending = await orm.migrator.getPending();
  if (pending.length === 0) return [ok('The database is up to date with this release.')];
  const names = pending.map(({ name }) => name).join(', ');
  return [
    wrong(`${pending.length} of this release's migrations are missing: ${names}.`, 'Run: renewal-ledger migrate'),
  ];
}

const NOTED_SECONDS = 5;
const WRONG_SECONDS = 60;

/** This machine's clock against the database's: signatures are judged by the one, everything else by the other. */
export async function checkClock(orm: MikroORM, clock: Clock): Promise<Diagnosis[]> {
  const [skew, roundTrip] = await inTransaction(orm.em, async (tx) => {
    const before = clock.now().getTime();
    const [row] = await tx.query<{ now: string }>(`select extract(epoch from clock_timestamp()) * 1000 as now`);
    const after = clock.now().getTime();
    return [(Number(row?.now) - (before + after) / 2) / 1000, (after - before) / 1000];
  });
  const apart = Math.abs(skew);
  const told = `This machine's clock and the database's are ${apart.toFixed(1)} s apart.`;
  if (apart <= NOTED_SECONDS + roundTrip) return [ok(told)];
  const advice =
    'Have both kept by NTP. Stripe’s signatures are refused where a clock is 300 s wrong, and retries and reports come late.';
  return apart > WRONG_SECONDS + roundTrip ? [wrong(told, advice)] : [note(told, advice)];
}
