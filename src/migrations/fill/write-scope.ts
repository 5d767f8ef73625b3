import type { Query } from '../online-migration.js';
import type { Filled } from './fill-group.js';
import type { RenewalRow } from './rows.js';
import type { Scope } from './scope.js';
import { COLUMNS, insertInto, toJson } from './tables.js';

/** Writes the facts of these intents that were missing, then what follows from all of them for their renewals. */
export async function writeScope(query: Query, scope: Scope, filled: readonly Filled[]): Promise<void> {
  await writeSubscriptions(query, scope);
  await writeInvoices(query, scope, new Map(filled.flatMap(({ outcomes }) => [...outcomes])));
}

/** Writes renewals and their history, signed `by`. What somebody gave meanwhile is left as it is. */
export async function writeRenewals(query: Query, filled: readonly Filled[], by: string): Promise<void> {
  const changes = filled.flatMap(({ changes: own }) => own);
  if (changes.length === 0) return;
  await query(
    `update renewal r set (${DERIVED.join(', ')}) = (${DERIVED.map((name) => `v.${name}`).join(', ')}), updated_at = now()
     from jsonb_populate_recordset(null::renewal, $1::jsonb) v
     where r.id = v.id and r.id = any($2::bigint[])`,
    [toJson(changes.map(({ after }) => after)), changes.map(({ after }) => after.id)],
  );
  const history = changes.map(({ before, after, reason }) => ({
    renewal_id: after.id,
    by,
    reason,
    changes: changesBetween(before, after),
  }));
  await query(
    `insert into renewal_change (renewal_id, by, reason, changes)
     select renewal_id, by, reason, changes from jsonb_populate_recordset(null::renewal_change, $1::jsonb) where changes <> '{}'`,
    [toJson(history)],
  );
}

const DERIVED = [
  'stripe_subscription_id',
  'given_date',
  'is_date_fixed',
  'effective_date',
  'stripe_invoice_id',
  'linked_by',
  'state',
  'is_canceled',
  'subscription_cancel_at',
] as const;

/** The names that history has for the columns. */
const TOLD: readonly (readonly [column: keyof RenewalRow, name: string])[] = [
  ['state', 'state'],
  ['stripe_subscription_id', 'stripeSubscriptionId'],
  ['given_date', 'givenDate'],
  ['effective_date', 'effectiveDate'],
  ['stripe_invoice_id', 'stripeInvoiceId'],
  ['linked_by', 'linkedBy'],
  ['is_canceled', 'isCanceled'],
  ['subscription_cancel_at', 'subscriptionCancelAt'],
];

function changesBetween(before: RenewalRow, after: RenewalRow): Record<string, unknown> {
  const plain = (value: unknown) => (value instanceof Date ? value.toISOString() : value);
  const pairs = TOLD.map(([column, name]) => [name, [plain(before[column]), plain(after[column])]] as const);
  return Object.fromEntries(pairs.filter(([, [was, is]]) => was !== is));
}

async function writeSubscriptions(query: Query, { groups, known, facts }: Scope): Promise<void> {
  const before = new Map(known.subscriptions.map((row) => [row.id, JSON.stringify(row)]));
  const changed = groups
    .flatMap(({ subscriptions }) => subscriptions)
    .filter((row) => before.get(row.id) !== JSON.stringify(row));
  const columns = COLUMNS.subscription.split(' ').filter((name) => name !== 'id');
  await query(
    `${insertInto('subscription', COLUMNS.subscription)} order by id
     on conflict (id) do update set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [toJson(changed)],
  );
  const own = new Set(changed.map(({ id }) => id));
  await query(
    `${insertInto('subscription_move', COLUMNS.subscription_move)} order by subscription_id, event_id on conflict do nothing`,
    [toJson(facts.moves.filter((move) => own.has(move.subscription_id)))],
  );
}

async function writeInvoices(
  query: Query,
  { groups, known, facts }: Scope,
  outcomes: ReadonlyMap<string, string>,
): Promise<void> {
  const settle = (id: string) => ({ outcome: outcomes.get(id) ?? null, is_linked: outcomes.get(id) === 'LINKED' });
  const own = new Set(groups.flatMap(({ invoices }) => invoices.map(({ id }) => id)));
  const born = [...facts.invoices.values()].filter(({ id }) => own.has(id));
  const columns = `${COLUMNS.invoice} ${COLUMNS.new_invoice} is_linked`;
  await query(`${insertInto('invoice', columns)} order by id on conflict (id) do nothing`, [
    toJson(born.map((row) => ({ ...row, ...settle(row.id) }))),
  ]);
  const changed = known.invoices.filter(({ id, outcome }) => own.has(id) && outcomes.get(id) !== outcome);
  await query(
    `update invoice i set (outcome, is_linked) = (v.outcome, v.is_linked)
     from jsonb_populate_recordset(null::invoice, $1::jsonb) v where i.id = v.id`,
    [toJson(changed.map(({ id }) => ({ id, ...settle(id) })))],
  );
}
