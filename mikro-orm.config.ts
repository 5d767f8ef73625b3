import { readDatabaseConfig } from './src/config.js';
import { databaseAddress } from './src/database/address.js';
import { ormOptions } from './src/database/orm.js';

/** For the ORM's command line: DATABASE_URL, or the database of a service that runs beside it (`npm start`). */
export default async () => {
  const options = ormOptions(await databaseAddress(readDatabaseConfig()), {
    onWarning: (message) => process.stdout.write(`${message}\n`),
  });
  return { ...options, migrations: { ...options.migrations, silent: false } };
};
