import type { TestDatabase } from './database.js';

type Row = Readonly<Record<string, unknown>>;

let lastNumber = 0;
const next = () => (lastNumber += 1);

/** Rows as they lie in the tables, put there without the ledger; what a test does not care about is made up. */
const DEFAULTS = {
  checkout_intent: () => ({}),
  checkout_intent_change: () => ({ by: 'test', changes: '{}' }),
  renewal: () => ({ subscription_plan_renewal_id: `plan-renewal-${next()}` }),
  renewal_change: () => ({ by: 'test', changes: '{}' }),
  subscription: () => ({ id: `sub_${next()}`, status: 'active' }),
  invoice: () => ({
    id: `in_${next()}`,
    status: 'open',
    lines: '[]',
    lines_verdict: 'ELIGIBLE',
    are_lines_truncated: false,
    as_of_event_id: 'evt_0',
  }),
  event: () => ({
    id: `evt_${next()}`,
    type: 'invoice.paid',
    source: 'STRIPE',
    state: 'HANDLED',
    occurred_at: new Date(0),
    body_hash: Buffer.alloc(32),
  }),
  delivery: () => ({ handler: `Handler${next()}.run`, state: 'DONE' }),
} satisfies Readonly<Record<string, () => Row>>;

/** Inserts one row and answers it. */
export async function insertRow<T extends Row = Row & { id: string }>(
  db: TestDatabase,
  table: keyof typeof DEFAULTS,
  given: Row = {},
): Promise<T> {
  const row = { ...DEFAULTS[table](), ...given };
  const columns = Object.keys(row);
  if (columns.length === 0) return firstOf(await db.sql<T>(`insert into "${table}" default values returning *`));
  const places = columns.map((_, index) => `$${index + 1}`);
  const names = columns.map((column) => `"${column}"`);
  return firstOf(
    await db.sql<T>(
      `insert into "${table}" (${names.join(', ')}) values (${places.join(', ')}) returning *`,
      Object.values(row),
    ),
  );
}

function firstOf<T>([row]: readonly T[]): T {
  if (row === undefined) throw new Error('The insert answered no row.');
  return row;
}
