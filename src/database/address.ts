import type { Config } from '../config.js';
import { NoDatabaseError } from '../errors.js';
import { findEmbeddedPostgres } from './embedded-postgres.js';

/**
 * The address of a database that runs: the configured one, or the embedded one of a service that runs beside us.
 * @throws NoDatabaseError where there is neither.
 */
export async function databaseAddress(database: Config['database']): Promise<string> {
  if (database.kind === 'url') return database.url;
  const address = await findEmbeddedPostgres(database.dataDir);
  if (address === undefined) throw new NoDatabaseError(database.dataDir);
  return address;
}
