import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKeys, type ApiKeys } from '../../src/access/api-keys.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

let database: TestDatabase;
let keys: ApiKeys;

beforeAll(async () => {
  database = await openTestDatabase();
  keys = createApiKeys({ em: database.em, adminApiKey: 'the-configured-key' });
});
afterAll(() => database.close());

describe('a key', () => {
  it.each(['read', 'write', 'admin'] as const)('of scope %s answers its name and scope', async (scope) => {
    const key = await keys.create({ name: `billing-${scope}`, scope });
    expect(await keys.authenticate(key)).toEqual({ name: `billing-${scope}`, scope });
  });

  it('is kept as a hash alone', async () => {
    const key = await keys.create({ name: 'hashed', scope: 'read' });
    const rows = await database.sql<{ row: string }>('select api_key::text as row from api_key');
    expect(rows.filter(({ row }) => row.includes(key) || row.includes(key.slice(4, 12)))).toEqual([]);
  });

  it('that nobody made counts for nobody', async () => {
    for (const bearer of ['', 'rlk_', 'the-configured-key ', '\0'])
      expect(await keys.authenticate(bearer)).toBeUndefined();
  });

  it('stops counting within seconds of being revoked, though it was in use', async () => {
    const key = await keys.create({ name: 'revoked', scope: 'write' });
    expect(await keys.authenticate(key)).toBeDefined();
    await keys.revoke('revoked');
    await eventually(async () => expect(await keys.authenticate(key)).toBeUndefined(), { withinMs: 5_000 });
  });

  it('can be revoked again without a change', async () => {
    await keys.create({ name: 'twice', scope: 'read' });
    await keys.revoke('twice');
    const [before] = await database.sql('select revoked_at from api_key where name = $1', ['twice']);
    await keys.revoke('twice');
    expect(await database.sql('select revoked_at from api_key where name = $1', ['twice'])).toEqual([before]);
  });

  it('that is looked up often costs one statement', async () => {
    const key = await keys.create({ name: 'busy', scope: 'read' });
    const statements = await database.statementsOf(async () => {
      for (let times = 0; times < 20; times += 1) await keys.authenticate(key);
    });
    expect(statements).toHaveLength(1);
  });
});

describe('the configured key', () => {
  it('is admin without a row', async () => {
    expect(
      await database.statementsOf(async () => {
        expect(await keys.authenticate('the-configured-key')).toEqual({ name: 'admin', scope: 'admin' });
      }),
    ).toEqual([]);
  });
});

describe('a name', () => {
  it.each([
    ['of the configured key', 'admin'],
    ['of the command line in history', 'cli'],
    ['like that of a backfill', 'backfill:3'],
    ['empty', ''],
    ['with a space at its end', 'a '],
    ['with a line break', 'a\nb'],
    ['too long', 'a'.repeat(101)],
  ])('%s is refused', async (_case, name) => {
    await expect(keys.create({ name, scope: 'read' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('is never used twice, not even after it was revoked', async () => {
    await keys.create({ name: 'once', scope: 'read' });
    await keys.revoke('once');
    await expect(keys.create({ name: 'once', scope: 'read' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('that no key has cannot be revoked', async () => {
    await expect(keys.revoke('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('the list shows every key, newest first, with the time of its end', async () => {
  await keys.create({ name: 'older', scope: 'read' });
  await keys.create({ name: 'newer', scope: 'admin' });
  await keys.revoke('older');
  const [newer, older] = await keys.list();
  expect(newer).toMatchObject({ name: 'newer', scope: 'admin', revokedAt: null });
  expect(older).toMatchObject({ name: 'older', revokedAt: expect.any(Date) });
});
