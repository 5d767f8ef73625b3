import type { MikroORM } from '@mikro-orm/postgresql';
import { readDatabaseConfig } from '../config.js';
import { databaseAddress } from '../database/address.js';
import { connectDatabase } from '../database/orm.js';

/** Works on the database of DATABASE_URL, or on that of the service which runs beside the command. */
export async function withDatabase<T>(work: (orm: MikroORM) => Promise<T>): Promise<T> {
  const orm = await connectDatabase(await databaseAddress(readDatabaseConfig()), { pool: 2 });
  try {
    return await work(orm);
  } finally {
    await orm.close();
  }
}
