import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EmbeddedPostgresError } from '../../errors.js';

/** The account that PostgreSQL's processes run under where it is not our own. */
export type Account = Readonly<{ uid: number; gid: number }>;

/** In order: the account that packages of PostgreSQL make, then the one that every Unix has. */
const CANDIDATES = ['postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root, and initdb needs an account that has an entry in the passwd file: as root the
 * first unprivileged one that exists is taken. Undefined: we are no root, and PostgreSQL runs as we do.
 */
export function accountForPostgres(passwdFile = '/etc/passwd'): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = unprivilegedAccount(readFileSync(passwdFile, 'utf8'));
  if (account) return account;
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and there is no account ${CANDIDATES.join(' or ')} to run it under. Add one, start as another user, or set DATABASE_URL.`,
  );
}

/** Reads the text of a passwd file. */
export function unprivilegedAccount(passwd: string): Account | undefined {
  const accounts = new Map<string, Account>();
  for (const line of passwd.split('\n')) {
    const [name = '', , uid, gid] = line.split(':');
    if (Number(uid) > 0 && Number(gid) > 0) accounts.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return CANDIDATES.map((name) => accounts.get(name)).find((account) => account !== undefined);
}

/** Whether every account may pass through all directories of this path, itself included; what is missing is no obstacle. */
export function isReachableByAll(path: string): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (existsSync(at) && statSync(at).isDirectory() && (statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
