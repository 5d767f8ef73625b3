import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/database/migrate.js';
import { connectDatabase } from '../../src/database/orm.js';
import { openTestServer } from './test-server.js';

/** The migrated database that every test database is a copy of. */
export const TEMPLATE = 'ledger_template';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the run's server: its maintenance database. */
    testServerUrl: string;
  }
}

/** One server for the whole run, and one migrated template in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openTestServer();
  const admin = new Client({ connectionString: server.url() });
  await admin.connect();
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  const orm = await connectDatabase(server.url(TEMPLATE));
  await migrate(orm);
  await orm.close();
  project.provide('testServerUrl', server.url());
  return () => server.stop();
}
