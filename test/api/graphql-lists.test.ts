import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { serveGraphql, type GraphqlService } from '../support/graphql.js';
import { insertRow } from '../support/rows.js';

let db: TestDatabase;
let service: GraphqlService;

beforeAll(async () => {
  db = await openTestDatabase();
  service = await serveGraphql(db);
});
afterAll(async () => {
  await service.close();
  await db.close();
});

interface Walk {
  readonly list: string;
  readonly field: string;
  readonly first: number;
  /** What happens between two pages. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** Every id of a list, page by page, as a client would walk it. */
async function walk({ list, field, first, meanwhile }: Walk): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ;) {
    const query = `query ($first: Int!, $after: String) { ${list}(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`;
    const answer = await service.ask(query, { first, after });
    expect(answer.errors, service.logged.join('')).toBeUndefined();
    const { nodes, pageInfo } = answer.data[field];
    ids.push(...nodes.map((node: { id: string }) => node.id));
    if (!pageInfo.hasNextPage) return ids;
    after = pageInfo.endCursor;
    await meanwhile?.();
  }
}

const MICROSECONDS = [
  '2026-11-23 10:00:00.123456Z',
  '2026-11-23 10:00:00.123455Z',
  '2026-11-23 10:00:00.123455Z',
  '2026-11-23 10:00:00.123001Z',
  '2026-11-23 10:00:00.1239Z',
  '2026-11-23 10:00:00.122999Z',
];

describe('a list, page by page', () => {
  it.each([
    ['events', 'event', 'received_at'],
    ['invoices', 'invoice', 'created_at'],
    ['subscriptions', 'subscription', 'recorded_at'],
  ] as const)('%s neither skips nor repeats rows of one millisecond', async (list, table, column) => {
    for (const time of MICROSECONDS) await insertRow(db, table, { [column]: time });
    const ordered = await db.sql<{ id: string }>(`select id from ${table} order by ${column} desc, id desc`);
    for (const first of [1, 2, 5])
      expect(await walk({ list, field: list, first })).toEqual(ordered.map((row) => row.id));
  });

  it('stays as it was while newer rows arrive', async () => {
    const present = await db.sql<{ id: string }>('select id from event order by received_at desc, id desc');
    const meanwhile = () => insertRow(db, 'event');
    expect(await walk({ list: 'events', field: 'events', first: 2, meanwhile })).toEqual(present.map((row) => row.id));
  });

  it('goes on behind a row of any time that Stripe can name', async () => {
    await insertRow(db, 'invoice', { id: 'in_latest', created_at: '9999-12-31 23:59:59Z' });
    const ids = (await db.sql<{ id: string }>('select id from invoice order by created_at desc, id desc')).map(
      (row) => row.id,
    );
    expect(ids[0]).toBe('in_latest');
    expect(await walk({ list: 'invoices', field: 'invoices', first: 1 })).toEqual(ids);
  });

  it('orders renewals and intents by id, newest first', async () => {
    const intent = await insertRow(db, 'checkout_intent');
    for (let count = 0; count < 12; count += 1) await insertRow(db, 'renewal', { checkout_intent_id: intent.id });
    const ids = (await db.sql<{ id: string }>('select id from renewal order by id desc')).map((row) => row.id);
    expect(await walk({ list: 'renewals', field: 'renewals', first: 5 })).toEqual(ids);
    expect(await walk({ list: 'checkoutIntents', field: 'checkoutIntents', first: 5 })).toEqual([intent.id]);
  });

  it('says of each page what lies around it', async () => {
    const query =
      '{ renewals(first: 5) { edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }';
    const { edges, nodes, pageInfo } = (await service.ask(query)).data.renewals;
    expect(edges.map((edge: { node: unknown }) => edge.node)).toEqual(nodes);
    expect(pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0].cursor,
      endCursor: edges[4].cursor,
    });
    const rest = await service.ask(
      'query ($after: String) { renewals(after: $after) { pageInfo { hasNextPage hasPreviousPage } } }',
      { after: pageInfo.endCursor },
    );
    expect(rest.data.renewals.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: true });
  });

  it('is empty, with no cursors, where there is nothing', async () => {
    const { data } = await service.ask(
      '{ renewals(filter: { state: [] }) { nodes { id } pageInfo { hasNextPage startCursor endCursor } } }',
    );
    expect(data.renewals).toEqual({ nodes: [], pageInfo: { hasNextPage: false, startCursor: null, endCursor: null } });
  });
});

describe('what a page must be', () => {
  it.each([0, -1, 101])('first: %i is refused with its bounds', async (first) => {
    const answer = await service.ask(`{ events(first: ${first}) { nodes { id } } }`);
    expect(answer).toMatchObject({ code: 'BAD_USER_INPUT', errors: [{ message: 'first must be from 1 to 100.' }] });
  });

  it('refuses them in nested lists too', async () => {
    expect(await service.ask('{ checkoutIntents { nodes { renewals(first: 101) { nodes { id } } } } }')).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    ['nonsense', 'not a cursor'],
    ["another list's", cursor(['invoice', '1', 'in_1'])],
    ['one of a foreign shape', cursor({ list: 'event' })],
    ['one without a time', cursor(['event', null, 'evt_1'])],
    ['one with a time that is none', cursor(['event', '1e9', 'evt_1'])],
    ['one beyond any time', cursor(['event', '253402300800000000', 'evt_1'])],
    ['one before any time', cursor(['event', '-253402300800000000', 'evt_1'])],
    ['a long one', 'x'.repeat(5_000)],
    ['an empty one', ''],
  ])('a bad cursor is refused and named: %s', async (_what, after) => {
    const answer = await service.ask('query ($after: String) { events(after: $after) { nodes { id } } }', { after });
    expect(answer.code).toBe('BAD_USER_INPUT');
    expect(answer.errors?.[0]?.message).toContain(`The cursor "${after.slice(0, 20)}`);
    expect(answer.errors?.[0]?.message.length).toBeLessThan(200);
  });

  it.each(['0', '-1', '9223372036854775808', 'abc', '1.5'])('a cursor of renewals at %s is refused', async (id) => {
    const answer = await service.ask('query ($after: String) { renewals(after: $after) { nodes { id } } }', {
      after: cursor(['renewal', null, id]),
    });
    expect(answer.code).toBe('BAD_USER_INPUT');
  });
});
