import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, MikroORM, UnderscoreNamingStrategy, type Options } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { entities } from '../entities/index.js';
import { migrationsList } from '../migrations/index.js';
import { giveBackBrokenConnections } from './broken-connections.js';
import { prepareRepeated } from './repeated-statements.js';
import { endWhenSilent } from './silent-connections.js';

export type OrmSettings = Readonly<{
  /** Connections at most; migrating needs two. */
  pool?: number;
  /** The ORM's own warnings. Never a statement: it would carry its parameters. */
  onWarning?: (message: string) => void;
  /** For a pool whose statements are few and often the same. */
  prepares?: boolean;
  /** For callers who wait for an answer: a statement that has none by then has failed, and its connection is given up. */
  patienceMs?: number;
  /** For work without such an end. Not for migrations: they may build an index for an hour. */
  endsWhenSilent?: boolean;
  /** Called with the pool under the ORM, once it is made. */
  onPoolCreated?: (pool: Pool) => void;
}>;

/**
 * What lies in the database beside the entities: the ORM's comparison of schemas leaves it alone. No view is ours: those that are there
 * are of extensions, such as pg_stat_statements.
 */
const NOT_THE_ORMS = {
  ignoreSchema: ['pgboss', 'event_body_partition'],
  skipTables: ['migration_lock', 'fact_gate'],
  skipViews: [/^/],
};

/**
 * The ORM's options: every entity and migration is named, nothing is searched for in directories, so source and build
 * behave alike. Migrations carry no snapshot; `migration:create` and `migration:check` compare with the database.
 */
export function ormOptions(url: string, settings: OrmSettings = {}): Options {
  return defineConfig({
    clientUrl: url,
    entities,
    namingStrategy: UnderscoreNamingStrategy,
    forceUtcTimezone: true,
    ensureDatabase: false,
    colors: false,
    logger: settings.onWarning ?? (() => undefined),
    pool: { min: 0, max: settings.pool ?? 10, idleTimeoutMillis: 30_000 },
    driverOptions: {
      application_name: 'renewal-ledger',
      connectionTimeoutMillis: 4_000,
      ...(settings.patienceMs !== undefined && { query_timeout: settings.patienceMs }),
      keepAlive: true,
      ...(settings.endsWhenSilent === true && { stream: endWhenSilent() }),
      // Statements are sent without waiting for the answers of those before: see `Transaction`.
      pipeline: true,
      onPoolCreated: (pool: Pool) => {
        giveBackBrokenConnections(pool);
        if (settings.prepares === true) pool.on('connect', prepareRepeated);
        settings.onPoolCreated?.(pool);
      },
    },
    extensions: [Migrator],
    migrations: {
      migrationsList,
      path: './dist/migrations',
      pathTs: './src/migrations',
      fileName: (timestamp, name) => (name ? `${timestamp}_${name}` : timestamp),
      // Indexes on large tables are built concurrently, which no transaction around all migrations would allow.
      allOrNothing: false,
      snapshot: false,
      silent: true,
    },
    schemaGenerator: NOT_THE_ORMS,
  });
}

/** An ORM on this database, with a pool of its own. */
export function connectDatabase(url: string, settings?: OrmSettings): Promise<MikroORM> {
  return MikroORM.init(ormOptions(url, settings));
}
