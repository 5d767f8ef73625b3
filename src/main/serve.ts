import { isMigrated, migrate } from '../database/migrate.js';
import { connectDatabase } from '../database/orm.js';
import type { Logger } from '../log.js';

/** What a start does once the database is there. Nearly all modules of the service hang on this one, so that it is loaded late. */
export { loadPlugins, openService } from '../service.js';

/** Brings the database up to date. */
export async function migrated(databaseUrl: string, log: Logger): Promise<void> {
  if (await isMigrated(databaseUrl)) return;
  const orm = await connectDatabase(databaseUrl, { pool: 2, onWarning: (sentence) => log.info(sentence) });
  try {
    const applied = await migrate(orm, { onWaiting: () => log.info('Another process migrates; waiting for it') });
    if (applied.length > 0) log.info({ migrations: applied }, 'Migrated');
  } finally {
    await orm.close();
  }
}
