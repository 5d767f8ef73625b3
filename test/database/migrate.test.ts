import { afterEach, beforeEach, expect, it } from 'vitest';
import { Client } from 'pg';
import { isMigrated, migrate } from '../../src/database/migrate.js';
import { connectDatabase } from '../../src/database/orm.js';
import { migrationsList } from '../../src/migrations/index.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

const names = migrationsList.map(({ name }) => name);
let database: TestDatabase;

beforeEach(async () => {
  database = await openTestDatabase({ empty: true });
});
afterEach(() => database.close());

it('replicas that start at once migrate once', async () => {
  const replicas = await Promise.all([1, 2, 3].map(() => connectDatabase(database.url)));
  const applied = await Promise.all(replicas.map((orm) => migrate(orm)));
  await Promise.all(replicas.map((orm) => orm.close()));
  expect(applied.toSorted((a, b) => b.length - a.length)).toEqual([names, [], []]);
});

it('a second run finds nothing to do, and the schema is that of the entities', async () => {
  expect(await migrate(database.orm)).toEqual(names);
  expect(await migrate(database.orm)).toEqual([]);
  expect(await database.orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
});

it('whether there is something to migrate is known without an ORM', async () => {
  expect(await isMigrated(database.url)).toBe(false);
  await migrate(database.orm);
  expect(await isMigrated(database.url)).toBe(true);
  await database.sql(`insert into mikro_orm_migrations (name, executed_at) values ('of_a_newer_version', now())`);
  expect(await isMigrated(database.url)).toBe(true);
  await database.sql('delete from mikro_orm_migrations where name = $1', [names[0]]);
  expect(await isMigrated(database.url)).toBe(false);
});

it('the death of a process that migrates lets the next one in', async () => {
  await migrate(database.orm);
  await database.sql('delete from mikro_orm_migrations where name = $1', [names.at(-1)]);
  const holder = new Client({ connectionString: database.url });
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('begin');
  await holder.query('select from migration_lock for update');

  let isWaiting = false;
  const waiting = migrate(database.orm, {
    onWaiting: () => {
      isWaiting = true;
    },
  });
  await eventually(() => expect(isWaiting).toBe(true));
  await database.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query = 'select from migration_lock for update'`,
  );
  expect(await waiting).toEqual(names.slice(-1));
});

it('all migrations can be taken back and run again', async () => {
  await migrate(database.orm);
  await database.orm.migrator.down({ to: 0 });
  expect(await migrate(database.orm)).toEqual(names);
});
