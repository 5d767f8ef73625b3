import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { EmbeddedPostgresError } from '../../errors.js';
import { type Account, accountForPostgres, isReachableByAll } from './account.js';
import { type Binaries, locateBinaries } from './binaries.js';

/** Where root puts what the account of PostgreSQL could not reach beside us, under a 0700 home for example. */
const SHARED_HOME = '/var/lib/renewal-ledger';

/** PostgreSQL's files, and what runs them. */
export type Cluster = Readonly<{ directory: string; account: Account | undefined; binaries: Binaries }>;

/** `dataDir` is locked and ours; `durable: false` skips fsync. */
export type ClusterOptions = Readonly<{
  dataDir: string;
  password: string;
  durable: boolean;
  onProgress?: (sentence: string) => void;
  onAtWork?: () => void;
}>;

/** The role that owns everything in the embedded server. */
export const ROLE = 'ledger';

/** What PostgreSQL's processes see of our environment: nothing. */
export const PROCESS_OPTIONS = { detached: true, env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' } } as const;

/** Opens the cluster `postgres` in a data directory, which is a link where it had to be put elsewhere; makes it at first. */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const link = join(options.dataDir, 'postgres');
  const isThere = await lstat(link).then(
    () => true,
    () => false,
  );
  const account = isThere ? await ownerOf(link) : accountForPostgres();
  const binaries = await locateBinaries(account, account ? SHARED_HOME : join(options.dataDir, 'binaries'));
  if (!isThere) await makeCluster(options, { account, binaries });
  return { directory: await realpath(link), account, binaries };
}

/** A cluster's processes run as its owner, whatever accounts have come or gone since it was made. */
async function ownerOf(link: string): Promise<Account | undefined> {
  const { uid, gid } = await stat(link).catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      `The database that ${link} points to is gone. Bring it back, or delete the link to start with an empty one.`,
      { cause },
    );
  });
  return process.getuid?.() === 0 ? { uid, gid } : undefined;
}

/** Made aside and renamed: an interrupted initdb leaves no half cluster, and the next start removes what it left. */
async function makeCluster(options: ClusterOptions, tools: Pick<Cluster, 'account' | 'binaries'>): Promise<void> {
  options.onProgress?.(`Creating the database in ${options.dataDir}`);
  await removeLeftovers(options.dataDir);
  const home = await homeFor(options.dataDir, tools.account);
  const aside = await mkdtemp(join(home, 'postgres.new-'));
  await giveTo(aside, tools.account);
  await runInitdb(aside, options, tools);
  await rename(join(aside, 'data'), join(home, 'postgres'));
  await rm(aside, { recursive: true });
  if (home !== options.dataDir) await symlink(join(home, 'postgres'), join(options.dataDir, 'postgres'));
  if (options.durable) await syncDirectory(home);
}

async function removeLeftovers(dataDir: string): Promise<void> {
  const names = (await readdir(dataDir)).filter((name) => name.startsWith('postgres.new-'));
  for (const name of names) await rm(join(dataDir, name), { recursive: true, force: true });
}

async function homeFor(dataDir: string, account: Account | undefined): Promise<string> {
  if (account === undefined || isReachableByAll(dataDir)) return dataDir;
  await mkdir(SHARED_HOME, { recursive: true, mode: 0o755 });
  const home = await mkdtemp(join(SHARED_HOME, 'data-'));
  await chmod(home, 0o711);
  return home;
}

async function giveTo(path: string, account: Account | undefined): Promise<void> {
  if (account) await chown(path, account.uid, account.gid);
}

/** The password goes through a file that PostgreSQL's account alone can read, never through arguments. */
async function runInitdb(
  aside: string,
  options: ClusterOptions,
  tools: Pick<Cluster, 'account' | 'binaries'>,
): Promise<void> {
  const passwordFile = join(aside, 'password');
  await writeFile(passwordFile, options.password, { mode: 0o600, flag: 'wx' });
  await giveTo(passwordFile, tools.account);
  const child = spawn(
    tools.binaries.initdb,
    [
      '-D',
      join(aside, 'data'),
      '-U',
      ROLE,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      ...(options.durable ? [] : ['--no-sync']),
    ],
    { ...PROCESS_OPTIONS, ...tools.account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  options.onAtWork?.();
  const exit = new Promise<string | number | null>((resolve) =>
    child.once('error', (error) => resolve(error.message)).once('close', resolve),
  );
  const words = await text(child.stderr).catch(() => '');
  const outcome = await exit;
  if (outcome === 0) return;
  await rm(aside, { recursive: true, force: true });
  throw new EmbeddedPostgresError(
    `initdb could not make a database in ${options.dataDir} (${outcome}). Mend what it says, or set DATABASE_URL:\n${words}`,
  );
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Makes the data directory where it is missing: root lets PostgreSQL's account pass through, all others let nobody. */
export async function openDataDirectory(path: string): Promise<string> {
  try {
    if (!existsSync(path)) {
      await mkdir(path, { recursive: true });
      await chmod(path, process.getuid?.() === 0 ? 0o711 : 0o700);
    }
    await readdir(path);
    return await realpath(path);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `${path} cannot be made or entered by this user. Set DATA_DIR to a directory that it owns, or set DATABASE_URL.`,
      { cause },
    );
  }
}
