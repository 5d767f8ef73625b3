import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { systemClock } from '../clock.js';
import type { Config } from '../config.js';
import { awaitDatabase } from '../database/await-database.js';
import { openEmbeddedPostgres } from '../database/embedded-postgres.js';
import { DatabaseAwayError, ListenError } from '../errors.js';
import { isDatabaseAway } from '../database/sql-errors.js';
import type { Logger } from '../log.js';
import type { Role } from '../service.js';
import { banner } from './banner.js';
import { readSecrets } from './generated-secrets.js';
import type { Closer } from './shutdown.js';

export interface StartOptions {
  readonly role: Role;
  readonly log: Logger;
  /** Called with how to close whatever was opened, as soon as it is open. */
  readonly onClose: (close: Closer, withinMs: number) => void;
}

/** A stopped process is gone within ten seconds, with its database where it has one of its own. */
const PATIENCE = { service: 4_000, database: 6_000, serviceAlone: 9_000 };

/** Brings the whole service up: database, migrations, workers, HTTP. Returns when it listens. */
export async function start(config: Config, options: StartOptions): Promise<void> {
  const { log, role } = options;
  const atWork = Promise.withResolvers<void>();
  const opening = openDatabase(config, { ...options, onAtWork: atWork.resolve });
  // The service is large: its modules are loaded while the database starts. Loading lets nothing else go on here, so the database first.
  await Promise.race([atWork.promise, opening]);
  const [databaseUrl, { loadPlugins, migrated, openService }] = await Promise.all([opening, import('./serve.js')]);
  const handlers = await loadPlugins(config.handlers, process.cwd());
  const { generated, ...secrets } = await readSecrets(config);
  const serviceOptions = { ...config, ...secrets, databaseUrl, role, handlers, log, clock: systemClock };
  const service = await whileDatabaseIsThere(async () => {
    await migrated(databaseUrl, log);
    return openService(serviceOptions);
  });
  options.onClose(() => service.stop(), config.database.kind === 'url' ? PATIENCE.serviceAlone : PATIENCE.service);
  const url = await listening(service.app, config);
  log.info({ url, role }, 'Ready');
  process.stdout.write(banner(url, { role, generated, isTrial: config.database.kind !== 'url' }));
}

interface OpenDatabaseOptions extends StartOptions {
  /** Called when the database is at work on starting, and needs nothing of this process for a while. */
  readonly onAtWork: () => void;
}

async function openDatabase({ database }: Config, options: OpenDatabaseOptions): Promise<string> {
  const { log, onClose, onAtWork } = options;
  if (database.kind === 'url') {
    onAtWork();
    await awaitDatabase(database.url, {
      onWaiting: (seconds) =>
        log.warn(
          { database: new URL(database.url).host },
          `The database does not answer yet; waiting for it for up to ${seconds} s`,
        ),
    });
    return database.url;
  }
  const server = await openEmbeddedPostgres({
    dataDir: database.dataDir,
    onNotice: (sentence) => log.warn(sentence),
    onProgress: (sentence) => log.info(sentence),
    onAtWork,
  });
  onClose(() => server.stop(), PATIENCE.database);
  return server.url();
}

/** It took a connection, and may be gone a moment later: restarting, or full. */
async function whileDatabaseIsThere<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDatabaseAway(error) ? new DatabaseAwayError(error as Error) : error;
  }
}

async function listening(app: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new ListenError({ host, port }, cause);
  }
  const { address, port: actual, family } = app.server.address() as AddressInfo;
  const shown = ['0.0.0.0', '::'].includes(address) ? 'localhost' : address;
  return `http://${family === 'IPv6' && shown === address ? `[${shown}]` : shown}:${actual}`;
}
