import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { isReachableByAll } from '../../src/database/embedded/account.js';
import { DataDirectoryInUseError } from '../../src/errors.js';
import { eventually } from '../support/eventually.js';
import { aDirectory, aHolderOf, opened, query } from './embedded-helpers.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };

const pidIn = async (dataDir: string) =>
  Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

describe('a data directory', () => {
  it('keeps what was committed from one start to the next', async () => {
    const dataDir = aDirectory();
    const first = await openEmbeddedPostgres({ dataDir });
    await query(first.url(), 'create table kept as select 42 as answer');
    await first.stop();

    const second = await opened({ dataDir });
    expect(second.adopted).toBe(false);
    expect(await query(second.url(), 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('is fsynced unless it is told that it will be thrown away', async () => {
    const server = await opened({ dataDir: aDirectory(), durable: true });
    expect(
      await query(
        server.url(),
        "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits",
      ),
    ).toEqual([{ fsync: 'on', commits: 'on' }]);
  });

  it('takes no connection without the password, which only the owner can read', async () => {
    const dataDir = aDirectory();
    const server = await opened({ dataDir });
    const url = new URL(server.url());
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);

    url.password = 'wrong';
    await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('works under a home that only its owner may enter', async () => {
    const server = await opened({ dataDir: aDirectory({ mode: 0o700 }) });
    expect(await query(server.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('that is a file is refused with a sentence', async () => {
    const dataDir = aDirectory();
    await writeFile(dataDir, '');
    await expect(openEmbeddedPostgres({ dataDir })).rejects.toThrow('Set DATA_DIR to a directory');
  });

  it('is set up again when the first setting up was interrupted', async () => {
    const dataDir = aDirectory();
    await mkdir(join(dataDir, 'postgres.new-half', 'data'), { recursive: true });
    await opened({ dataDir });
    expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres.new-'))).toEqual([]);
  });

  it('starts although a left-over pid file names a process of somebody else', async () => {
    const dataDir = aDirectory();
    await (await openEmbeddedPostgres({ dataDir, durable: false })).stop();
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), `${process.pid}\n${dataDir}\n0\n5432\n`);
    const server = await opened({ dataDir });
    expect(server.adopted).toBe(false);
    expect(await query(server.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('a second start on one data directory', () => {
  it("is refused with the holder's process id, and leaves the first alone", async () => {
    const dataDir = aDirectory();
    const first = await aHolderOf(dataDir);
    const refusal = await openEmbeddedPostgres({ dataDir }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DataDirectoryInUseError);
    expect(refusal).toMatchObject({ code: 'DATA_DIR_IN_USE', pid: first.pid });
    expect(await query(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('at the same moment loses to the first, and one of them runs', async () => {
    const dataDir = aDirectory();
    const starts = await Promise.allSettled([1, 2, 3].map(() => opened({ dataDir })));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is welcome once the first has stopped', async () => {
    const dataDir = aDirectory();
    await (await aHolderOf(dataDir)).stop();
    await expect(opened({ dataDir })).resolves.toMatchObject({ adopted: false });
  });
});

describe('kill -9', () => {
  it('of our process leaves a server that the next start adopts, with everything committed', async () => {
    const dataDir = aDirectory();
    const first = await aHolderOf(dataDir);
    await query(first.url, 'create table kept as select 42 as answer');
    await first.kill();

    const second = await opened({ dataDir });
    expect(second.adopted).toBe(true);
    expect(second.url()).toBe(first.url);
    expect(await query(second.url(), 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('of both leaves files from which the next start recovers', async () => {
    const dataDir = aDirectory();
    const first = await aHolderOf(dataDir);
    await query(first.url, 'create table kept as select 42 as answer');
    const server = await pidIn(dataDir);
    await first.kill();
    process.kill(server, 'SIGKILL');

    const second = await opened({ dataDir });
    expect(second.adopted).toBe(false);
    expect(await query(second.url(), 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('of the server is answered by another one on the same port', async () => {
    const dataDir = aDirectory();
    const server = await opened({ dataDir, durable: true });
    await query(server.url(), 'create table kept as select 42 as answer');
    process.kill(await pidIn(dataDir), 'SIGKILL');
    await eventually(async () =>
      expect(await query(server.url(), 'select answer from kept')).toEqual([{ answer: 42 }]),
    );
  });
});

it.runIf(isRoot && isReachableByAll(import.meta.dirname))(
  "an ordinary user starts it too, and all files are that user's",
  async () => {
    const dataDir = aDirectory({ mode: 0o777 });
    const { url } = await aHolderOf(dataDir, NOBODY);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    for (const name of ['.', 'postgres', 'postgres-password'])
      expect(await stat(join(dataDir, name))).toMatchObject(NOBODY);
  },
);
