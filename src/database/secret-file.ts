import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The secret kept under this name, made at the first call. Only the owner, who is the user that started us, can read
 * the file, and it never holds half a secret. The directory's lock must be held: two makers would not see each other.
 */
export async function keptSecret(directory: string, name: string, make: () => string): Promise<string> {
  const path = join(directory, name);
  const kept = await readSecret(directory, name);
  if (kept !== undefined) return kept;
  const secret = make();
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(`${secret}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  return secret;
}

/** Undefined where none was made yet. */
export async function readSecret(directory: string, name: string): Promise<string | undefined> {
  try {
    const kept = (await readFile(join(directory, name), 'utf8')).trim();
    return kept === '' ? undefined : kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** 256 random bits that may stand in a URL and a header as they are. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}
