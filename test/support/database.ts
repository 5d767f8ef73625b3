import { randomBytes } from 'node:crypto';
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { Client, Pool } from 'pg';
import { inject } from 'vitest';
import { connectDatabase } from '../../src/database/orm.js';
import { TEMPLATE } from './global-setup.js';

export interface TestDatabase {
  readonly url: string;
  readonly orm: MikroORM;
  /** A fork of its own, as every request has. */
  em(): EntityManager;
  /** Runs SQL beside the ORM; times are Dates, bigints strings. */
  sql<Row = Record<string, unknown>>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** The statements that the ORM sends while this works, transactions' own included. */
  statementsOf(work: () => Promise<unknown>): Promise<string[]>;
  close(): Promise<void>;
}

/** A database of the caller's own, migrated unless it is told to be empty. Open it in `beforeAll`, close it in `afterAll`. */
export async function openTestDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name}${empty ? '' : ` template ${TEMPLATE}`}`);
  const url = Object.assign(new URL(inject('testServerUrl')), { pathname: `/${name}` }).href;
  const statements: string[] = [];
  const orm = await connectDatabase(url, { onPoolCreated: (pool) => recordStatements(pool, statements) });
  const pool = new Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  return {
    url,
    orm,
    em: () => orm.em.fork(),
    sql: async <Row>(text: string, parameters: readonly unknown[] = []) =>
      (await pool.query(text, [...parameters])).rows as Row[],
    async statementsOf(work) {
      const from = statements.length;
      await work();
      return statements.slice(from);
    },
    async close() {
      await Promise.all([orm.close(), pool.end()]);
      await onServer(`drop database if exists ${name} with (force)`);
    },
  };
}

async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: inject('testServerUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

type Query = (statement: string | { text: string }, ...rest: unknown[]) => unknown;

function recordStatements(pool: Pool, statements: string[]): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as Query;
    const recorded: Query = (statement, ...rest) => {
      statements.push(typeof statement === 'string' ? statement : statement.text);
      return query(statement, ...rest);
    };
    Object.assign(client, { query: recorded });
  });
}
