import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { COMMAND, launch } from '../support/process.js';
import { aDataDirectory, aSharedService, graphql } from './helpers.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const shared = aSharedService();

async function command(
  args: readonly string[],
  env: Readonly<Record<string, string>> = { DATABASE_URL: database.url },
) {
  const { exit, output } = launch([...COMMAND, ...args], { env });
  return { code: await exit, ...output };
}

describe('renewal-ledger keys', () => {
  it('makes a key that the service beside it takes', async () => {
    const { data, service } = shared;
    const { code, stdout } = await command(['keys', 'create', '--name', 'billing', '--scope', 'read'], {
      DATA_DIR: data.path,
    });
    expect(code).toBe(0);
    expect(await graphql(service.url, stdout.trim(), '{ __typename }')).toEqual({ __typename: 'Query' });
  });

  it('prints the key alone on standard output', async () => {
    const { stdout, stderr } = await command(['keys', 'create', '--name', 'piped', '--scope', 'write']);
    expect(stdout).toMatch(/^rlk_[\w-]{43}\n$/);
    expect(stderr).toContain('shown this once');
  });

  it('lists and revokes, for people and for machines', async () => {
    await command(['keys', 'create', '--name', 'listed', '--scope', 'admin']);
    expect((await command(['keys', 'list'])).stdout).toMatch(
      /^NAME +SCOPE +CREATED +REVOKED\nlisted +admin +\S+Z +-\n/,
    );
    expect(await command(['keys', 'revoke', 'listed'])).toMatchObject({ code: 0, stdout: 'Revoked "listed".\n' });
    const [listed] = JSON.parse((await command(['keys', 'list', '--json'])).stdout) as object[];
    expect(listed).toMatchObject({ name: 'listed', scope: 'admin', revoked: expect.stringMatching(/Z$/) });
  });

  it.each<[string, string[], [number, RegExp]]>([
    ['an unknown scope', ['keys', 'create', '--name', 'x', '--scope', 'owner'], [2, /read, write, admin/]],
    ['no name', ['keys', 'create', '--scope', 'read'], [2, /--name/]],
    ['a key that is not there', ['keys', 'revoke', 'nobody'], [1, /keys list/]],
    ['an unknown command', ['keep'], [2, /unknown command/]],
  ])('refuses %s with a sentence', async (_what, args, [code, sentence]) => {
    expect(await command(args)).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(sentence) });
  });

  it('says what to do where no database runs', async () => {
    const answer = await command(['keys', 'list'], { DATA_DIR: aDataDirectory().path });
    expect(answer).toMatchObject({ code: 1, stderr: expect.stringMatching(/npm start.*DATABASE_URL/) });
  });

  it('says what to do where the database cannot be used, and repeats no password', async () => {
    const answer = await command(['keys', 'list'], { DATABASE_URL: 'postgres://ledger:hidden@127.0.0.1:1/ledger' });
    expect(answer).toMatchObject({ code: 1, stderr: expect.stringMatching(/DATABASE_URL.*ECONNREFUSED.*Check/) });
    expect(answer.stderr).not.toContain('hidden');
  });

  it('says what to do where the database is not migrated, and migrate does it', async () => {
    const empty = await openTestDatabase({ empty: true });
    const env = { DATABASE_URL: empty.url };
    expect(await command(['keys', 'list'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/renewal-ledger migrate/),
    });
    expect(await command(['migrate'], env)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Applied /) });
    expect(await command(['migrate'], env)).toMatchObject({ code: 0, stdout: 'The database is up to date.\n' });
    await empty.close();
  });
});
