import { readFileSync, truncateSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { EmbeddedPostgresError } from '../../errors.js';
import { type Cluster, ROLE } from './cluster.js';
import {
  findPostmaster,
  isReady,
  type Postmaster,
  sizeOf,
  startPostmaster,
  standsIn,
  stopPostmaster,
} from './postmaster.js';

/** The database of the service; made at the first start. */
const DATABASE = 'ledger';

/** In bytes; a log beyond it is begun anew at a start. */
const LOG_LIMIT = 1_048_576;

export type ServerOptions = Readonly<{
  password: string;
  logFile: string;
  durable?: boolean;
  port?: number;
  onNotice?: (sentence: string) => void;
  onAtWork?: () => void;
}>;

/** The address of one database in a server. */
export function addressOf({ port }: Postmaster, password: string, database = DATABASE): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/${database}`;
}

/** Takes over the server that runs on the cluster, or starts one, and answers when it takes connections. */
export async function openServer(cluster: Cluster, options: ServerOptions): Promise<Server> {
  const server = new Server(cluster, options);
  await server.open();
  return server;
}

/** One running server, watched: where it dies without being asked to, it is started again on its port. */
class Server {
  adopted = false;
  #postmaster: Postmaster | undefined;
  #watch: NodeJS.Timeout | undefined;
  #restart: Promise<void> | undefined;
  #stopped = false;

  constructor(
    readonly cluster: Cluster,
    readonly options: ServerOptions,
  ) {}

  async open(): Promise<void> {
    this.#postmaster = await this.#adopt();
    this.adopted = this.#postmaster !== undefined;
    this.#postmaster ??= await this.#start();
    this.#watch = setInterval(() => this.#check(), 1_000).unref();
  }

  url(database?: string): string {
    if (this.#postmaster === undefined)
      throw new EmbeddedPostgresError('The embedded PostgreSQL is not open yet. Await openServer first.');
    return addressOf(this.#postmaster, this.options.password, database);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#watch);
    await this.#restart;
    if (this.#postmaster) await stopPostmaster(this.#postmaster, this.cluster.directory);
  }

  /** A server that an earlier process left may still be recovering, or stopping; one that never answers is replaced. */
  async #adopt(): Promise<Postmaster | undefined> {
    const found = findPostmaster(this.cluster.directory);
    if (found === undefined) return undefined;
    const fits = this.options.port === undefined || this.options.port === found.port;
    if (fits && (await this.#answers(found))) return found;
    await stopPostmaster(found, this.cluster.directory);
    return undefined;
  }

  /** A free port may be taken by another in the moment between finding it and listening. */
  async #start(port = this.options.port): Promise<Postmaster> {
    const { durable = true, logFile } = this.options;
    if (sizeOf(logFile) > LOG_LIMIT) truncateSync(logFile);
    for (let tries = 1; ; tries += 1) {
      const logged = sizeOf(logFile);
      const postmaster = await startPostmaster(this.cluster, { durable, logFile, port });
      this.options.onAtWork?.();
      if (await this.#answers(postmaster)) return postmaster;
      await stopPostmaster(postmaster, this.cluster.directory);
      const words = lastWords(logFile, logged);
      const again = tries < 3 && port === undefined && words.includes('in use');
      if (!again)
        throw new EmbeddedPostgresError(
          `PostgreSQL did not start. Mend what it says in ${logFile}, or set DATABASE_URL:\n${words}`,
        );
    }
  }

  /** False once the process is gone, or has not taken a connection for a minute. */
  async #answers(postmaster: Postmaster): Promise<boolean> {
    const deadline = performance.now() + 60_000;
    const { directory } = this.cluster;
    while (standsIn(postmaster.pid, directory) && performance.now() < deadline) {
      if (isReady(directory) && (await hasDatabase(addressOf(postmaster, this.options.password, 'postgres'))))
        return true;
      await pause(10);
    }
    return false;
  }

  #check(): void {
    const { port, pid } = this.#postmaster ?? {};
    if (this.#stopped || this.#restart || pid === undefined || standsIn(pid, this.cluster.directory)) return;
    this.options.onNotice?.('The embedded PostgreSQL ended unexpectedly; it is started again.');
    this.#restart = this.#startAgain(port).finally(() => {
      this.#restart = undefined;
    });
  }

  async #startAgain(port: number | undefined): Promise<void> {
    try {
      this.#postmaster = await this.#start(port);
    } catch (error) {
      this.options.onNotice?.((error as Error).message);
    }
  }
}
export type { Server };

/** Whether the server takes connections and, after the first that it took, has the service's database. */
async function hasDatabase(address: string): Promise<boolean> {
  const client = new Client({ connectionString: address, connectionTimeoutMillis: 2_000, query_timeout: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') return false;
    throw new EmbeddedPostgresError(
      'The embedded PostgreSQL refuses the password kept in the data directory. Bring the file postgres-password back, or start with an empty DATA_DIR.',
      { cause: error },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What was logged behind that many bytes, at most the last lines of it. */
function lastWords(logFile: string, from: number): string {
  return readFileSync(logFile).subarray(from).toString().trimEnd().split('\n').slice(-5).join('\n');
}
