import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../database/transaction.js';
import { ApiKey } from '../entities/api-key.entity.js';
import { ApiKeyScope } from '../entities/states.js';
import { BadInputError, NotFoundError } from '../errors.js';

/** Who asks, by the API key that came with the request. Changes are recorded under the name. */
export interface Caller {
  readonly name: string;
  /** Admin may all that write may, and write all that read may. */
  readonly scope: `${ApiKeyScope}`;
}

export interface ApiKeys {
  /** Answers whose key this is; undefined where it counts for nobody. */
  authenticate(bearer: string): Promise<Caller | undefined>;
  /** Makes a key and answers it, this once: only its hash is kept. */
  create(key: Caller): Promise<string>;
  /** Newest first, revoked ones included. */
  list(): Promise<readonly ApiKey[]>;
  /** Ends a key for good; a repeat changes nothing. It stops working everywhere within `REMEMBERED_MS`. */
  revoke(name: string): Promise<void>;
}

export type ApiKeysOptions = Readonly<{
  em: () => EntityManager;
  /** The configured key: it has the scope admin, the name `admin` and no row. */
  adminApiKey?: string | undefined;
}>;

const ADMIN: Caller = { name: 'admin', scope: ApiKeyScope.admin };

/** How long a key that was found is taken as good without another look. */
const REMEMBERED_MS = 3_000;

const LONGEST_NAME = 100;

export function createApiKeys({ em, adminApiKey }: ApiKeysOptions): ApiKeys {
  const admin = adminApiKey === undefined ? undefined : hashOf(adminApiKey);
  const found = createMemory<Caller>(REMEMBERED_MS);
  return {
    async authenticate(bearer) {
      const hash = hashOf(bearer);
      if (admin !== undefined && timingSafeEqual(hash, admin)) return ADMIN;
      return found.get(hash.toString('hex'), (key) => holderOf(em(), key));
    },
    create: (key) => createKey(em(), key),
    list: () => em().find(ApiKey, {}, { orderBy: { id: 'desc' } }),
    revoke: (name) => revokeKey(em(), name),
  };
}

async function holderOf(em: EntityManager, hash: string): Promise<Caller | undefined> {
  const key = await em.findOne(ApiKey, { hash, revokedAt: null });
  return key === null ? undefined : { name: key.name, scope: key.scope };
}

async function createKey(em: EntityManager, { name, scope }: Caller): Promise<string> {
  assertName(name);
  const key = `rlk_${randomBytes(32).toString('base64url')}`;
  const rows = await inTransaction(em, (tx) =>
    tx.query('insert into api_key (name, scope, hash) values ($1, $2, $3) on conflict (name) do nothing returning id', [
      name,
      scope,
      hashOf(key).toString('hex'),
    ]),
  );
  if (rows.length > 0) return key;
  throw new BadInputError(
    `There is, or was, a key named "${name}". Choose another name: history names who changed what.`,
  );
}

/** Whom else history names: the command line, a backfill or an import, an event of Stripe's. */
const OTHER_AUTHORS = /^(?:cli$|backfill:|import:|evt_)/;

function assertName(name: string): void {
  if (name === ADMIN.name) throw new BadInputError('The name "admin" is that of ADMIN_API_KEY. Choose another one.');
  if (OTHER_AUTHORS.test(name))
    throw new BadInputError(`History names others by names like "${name}". Choose another one.`);
  if (name.length > 0 && name.length <= LONGEST_NAME && /^\S(?:[^\p{Cc}]*\S)?$/u.test(name)) return;
  throw new BadInputError(
    `A key's name has 1 to ${LONGEST_NAME} characters, no control characters, and no space at its ends.`,
  );
}

async function revokeKey(em: EntityManager, name: string): Promise<void> {
  const rows = await inTransaction(em, (tx) =>
    tx.query('update api_key set revoked_at = coalesce(revoked_at, now()) where name = $1 returning id', [name]),
  );
  if (rows.length === 0)
    throw new NotFoundError(`There is no key named "${name}". List them: renewal-ledger keys list.`);
}

/** The keys are 256 random bits, or chosen with care: a slow hash would add nothing but a way to keep us busy. */
function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Remembers what was found for a while. What was not found is asked again, and so cannot fill it. */
function createMemory<T>(milliseconds: number) {
  const kept = new Map<string, { value: T; until: number }>();
  return {
    async get(key: string, find: (key: string) => Promise<T | undefined>): Promise<T | undefined> {
      const remembered = kept.get(key);
      if (remembered !== undefined && performance.now() < remembered.until) return remembered.value;
      kept.delete(key);
      const until = performance.now() + milliseconds;
      const value = await find(key);
      if (value !== undefined) kept.set(key, { value, until });
      return value;
    },
  };
}
