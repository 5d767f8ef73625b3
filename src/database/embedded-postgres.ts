import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openCluster, openDataDirectory } from './embedded/cluster.js';
import { lockDirectory } from './embedded/lock.js';
import { findPostmaster } from './embedded/postmaster.js';
import { addressOf, openServer } from './embedded/server.js';
import { keptSecret, randomSecret, readSecret } from './secret-file.js';

const PASSWORD_FILE = 'postgres-password';

export type EmbeddedPostgresOptions = Readonly<{
  dataDir: string;
  /** False trades safety for speed: for what is thrown away after use. */
  durable?: boolean;
  /** Left out: any free one. */
  port?: number;
  onNotice?: (sentence: string) => void;
  /** Told of what takes seconds, when it begins. */
  onProgress?: (sentence: string) => void;
  /** Called whenever a program of PostgreSQL's has been started, which needs nothing of this process for a while. */
  onAtWork?: () => void;
}>;

export interface EmbeddedPostgres {
  /** The address of the service's database, or of another in the same server. It holds the password. */
  url(database?: string): string;
  /** Whether a server was found that an earlier process had left running. */
  readonly adopted: boolean;
  /** Stops the server and lets go of the directory. */
  stop(): Promise<void>;
}

/**
 * Runs PostgreSQL from an npm package in a directory, for this process alone: the first start makes it, a later one
 * finds what was committed, also after kill -9. A server that dies is started again, on its port.
 *
 * @throws DataDirectoryInUseError where another process runs on the directory; EmbeddedPostgresError on all else.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = await openDataDirectory(options.dataDir);
  const lock = await lockDirectory(dataDir);
  try {
    const password = await keptSecret(dataDir, PASSWORD_FILE, randomSecret);
    const cluster = await openCluster({ ...options, dataDir, password, durable: options.durable ?? true });
    const server = await openServer(cluster, { ...options, password, logFile: join(dataDir, 'postgres.log') });
    return {
      url: (database) => server.url(database),
      adopted: server.adopted,
      async stop() {
        await server.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The address of the server that another process runs in this directory; undefined where none runs. */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  const password = await readSecret(dataDir, PASSWORD_FILE);
  const directory = join(dataDir, 'postgres');
  const found = existsSync(directory) ? findPostmaster(directory) : undefined;
  return found && password ? addressOf(found, password) : undefined;
}
