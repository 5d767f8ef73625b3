import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isReachableByAll, unprivilegedAccount } from '../../src/database/embedded/account.js';
import { locateBinaries } from '../../src/database/embedded/binaries.js';
import { aDirectory } from './embedded-helpers.js';

const SOMEBODY = { uid: 65_534, gid: 65_534 };

/** The package as npm leaves it that runs no scripts: without links, and here without modes either. */
async function aPackageWithoutScripts(directory: string) {
  const native = join(directory, 'native');
  await mkdir(join(native, 'bin'), { recursive: true });
  await mkdir(join(native, 'lib'));
  await writeFile(
    join(native, 'pg-symlinks.json'),
    JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]),
  );
  await writeFile(join(native, 'lib', 'libpq.so.5.18'), 'a library');
  for (const program of ['initdb', 'postgres']) await writeFile(join(native, 'bin', program), '', { mode: 0o644 });
  return { root: directory, version: '18.4.0' };
}

describe('the programs of PostgreSQL', () => {
  it('run in place once the links that npm left out are made', async () => {
    const found = await aPackageWithoutScripts(aDirectory());
    const { postgres } = await locateBinaries(undefined, aDirectory(), found);
    expect(postgres).toBe(join(found.root, 'native', 'bin', 'postgres'));
    expect(await readFile(join(found.root, 'native', 'lib', 'libpq.so.5'), 'utf8')).toBe('a library');
  });

  it('are copied where the account may not enter, and the copy is used again', async () => {
    const [home, copyTo] = [aDirectory(), aDirectory()];
    const found = await aPackageWithoutScripts(home);
    await chmod(dirname(home), 0o700);
    const first = await locateBinaries(SOMEBODY, copyTo, found);
    expect(first.postgres.startsWith(copyTo)).toBe(true);
    expect(existsSync(join(first.postgres, '..', '..', 'lib', 'libpq.so.5'))).toBe(true);
    expect(isReachableByAll(dirname(first.postgres))).toBe(true);

    await rm(join(found.root, 'native', 'bin'), { recursive: true });
    expect(await locateBinaries(SOMEBODY, copyTo, found)).toEqual(first);
  });

  it('are copied once by two starts at the same moment', async () => {
    const [home, copyTo] = [aDirectory(), aDirectory()];
    const found = await aPackageWithoutScripts(home);
    await chmod(dirname(home), 0o700);
    const [first, second] = await Promise.all([1, 2].map(() => locateBinaries(SOMEBODY, copyTo, found)));
    expect(first).toEqual(second);
  });
});

describe('the account that root gives to PostgreSQL', () => {
  const ROOT = 'root:x:0:0:root:/root:/bin/bash';
  const NOBODY = 'nobody:x:65534:65533:nobody:/:/usr/sbin/nologin';
  const POSTGRES = 'postgres:x:101:104::/var/lib/postgresql:/bin/bash';
  it.each([
    ['postgres where there is one', [ROOT, NOBODY, POSTGRES], { uid: 101, gid: 104 }],
    ['nobody otherwise', [ROOT, NOBODY], { uid: 65_534, gid: 65_533 }],
    [
      'never one that is root by another name',
      [ROOT, 'postgres:x:0:0::/:/bin/sh', NOBODY],
      { uid: 65_534, gid: 65_533 },
    ],
    ['none where there is none', [ROOT, 'node:x:1000:1000::/home/node:/bin/bash'], undefined],
  ])('is %s', (_name, lines, account) => {
    expect(unprivilegedAccount(`${lines.join('\n')}\n`)).toEqual(account);
  });
});
