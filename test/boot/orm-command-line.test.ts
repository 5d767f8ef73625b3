import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrationsList } from '../../src/migrations/index.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { launch } from '../support/process.js';
import './helpers.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ empty: true });
});
afterAll(() => database.close());

async function mikroOrm(command: string) {
  const { exit, output } = launch(['node', 'node_modules/@mikro-orm/cli/cli.js', command], {
    env: { DATABASE_URL: database.url },
  });
  return { code: await exit, output };
}

it("the ORM's own command line migrates up and down, and finds no difference afterwards", async () => {
  const last = String(migrationsList.at(-1)?.name);
  expect((await mikroOrm('migration:pending')).output.stdout).toContain(last);
  expect(await mikroOrm('migration:up')).toMatchObject({ code: 0 });
  await database.sql('create view of_an_extension as select 1 as one');
  expect(await mikroOrm('migration:check')).toMatchObject({ code: 0 });
  expect(await mikroOrm('migration:down')).toMatchObject({ code: 0 });
  const { stdout } = (await mikroOrm('migration:pending')).output;
  expect(stdout).toContain(last);
  expect(stdout).not.toContain(String(migrationsList[0]?.name));
});
