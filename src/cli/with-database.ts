import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { systemClock } from '../clock.js';
import { readDatabaseConfig, readLivemode } from '../config.js';
import { databaseAddress } from '../database/address.js';
import { awaitDatabase } from '../database/await-database.js';
import { connectDatabase } from '../database/orm.js';
import { type Announcer, createAnnouncer } from '../events/announcer.js';
import { type Jobs, openJobs } from '../events/jobs.js';
import { ensurePartitions } from '../events/partitions.js';
import { createReplay, type ReplayEvents } from '../events/replay.js';
import { createLedger, type Ledger } from '../ledger/ledger.js';
import { createLogger, type Logger } from '../log.js';

/** Whom history names for what the command line does. */
export const BY = 'cli';

/**
 * Works on the database of DATABASE_URL, or on that of the service which runs beside the command.
 * @throws NoDatabaseError and DatabaseAwayError where there is none, or none that can be used.
 */
export async function withDatabase<T>(work: (orm: MikroORM) => Promise<T>): Promise<T> {
  const url = await databaseAddress(readDatabaseConfig());
  await awaitDatabase(url, { withinMs: 0 }); // says what to do where it is away, which the ORM does not
  const orm = await connectDatabase(url, {
    pool: 2,
    onWarning: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  try {
    return await work(orm);
  } finally {
    await orm.close();
  }
}

/** What the service itself calls, in a process that handles no events: workers do what follows. */
export interface CommandParts {
  readonly em: EntityManager;
  readonly jobs: Jobs;
  readonly announcer: Announcer;
  readonly ledger: Ledger;
  readonly replayEvents: ReplayEvents;
  /** To standard error: standard output is for results. */
  readonly log: Logger;
}

export function withLedger<T>(work: (parts: CommandParts) => Promise<T>): Promise<T> {
  const livemode = readLivemode();
  return withDatabase(async (orm) => {
    await orm.em.getConnection().execute('select from event limit 0'); // before the queue is made: is it migrated?
    const log = createLogger('warn', process.stderr);
    const jobs = await openJobs({ url: await databaseAddress(readDatabaseConfig()), log, works: false });
    try {
      // What is raised has a body to store: the month may have begun while no service ran.
      await ensurePartitions(jobs.query, { months: 1 });
      const { em } = orm;
      const announcer = createAnnouncer(jobs, null);
      const ledger = createLedger({ em, announcer, clock: systemClock });
      return await work({ em, jobs, announcer, ledger, replayEvents: createReplay(em, jobs, livemode), log });
    } finally {
      await jobs.close();
    }
  });
}
