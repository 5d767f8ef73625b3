import { toUnnest } from '../database/bulk.js';
import { preferIndexes, type Transaction } from '../database/transaction.js';
import { LinkConflictError } from '../errors.js';
import { runCommand } from '../ledger/commands/context.js';
import { closeFactGate, lockScope } from '../ledger/scope.js';
import { type ImportContext, settleImported } from './context.js';
import type { IntentRow } from './records.js';

const COLUMNS = {
  id: 'bigint',
  uuid: 'uuid',
  state: 'text',
  enterprise_name: 'text',
  enterprise_slug: 'text',
  enterprise_uuid: 'uuid',
  given_stripe_customer_id: 'text',
  stripe_customer_id: 'text',
  quantity: 'int',
  created_at: 'timestamptz',
} as const;

/** Inserts the intents that are missing, under their own ids, and gives them the subscriptions that name them. Answers how many are new. */
export function writeIntents(context: ImportContext, intents: readonly IntentRow[]): Promise<number> {
  return runCommand(context, async (tx) => {
    await preferIndexes(tx);
    // Either a batch of events on its way sees these intents, or they see the subscriptions that name them.
    await closeFactGate(tx);
    const intentIds = await insertMissing(tx, intents, context.clock.now());
    await assertThemselves(tx, intents);
    if (intentIds.length === 0) return 0;
    const subscriptionIds = await subscriptionsNaming(tx, intentIds);
    const scope = await lockScope(tx, { intentIds, subscriptionIds });
    await settleImported(tx, scope, { context, intentIds });
    return intentIds.length;
  });
}

/**
 * Moves the sequence past the largest imported id. Before a row is written: an intent that is created meanwhile must not be given the id of
 * one that is still to come.
 */
export async function moveSequence(tx: Transaction, largestId: bigint): Promise<void> {
  await tx.query(
    `select setval(s.name, $1::bigint)
     from (select pg_get_serial_sequence('checkout_intent', 'id') as name) s
     where $1::bigint > coalesce(pg_sequence_last_value(s.name::regclass), 0)`,
    [largestId.toString()],
  );
}

async function insertMissing(tx: Transaction, intents: readonly IntentRow[], now: Date): Promise<string[]> {
  const rows = intents.map((intent) => ({
    id: intent.id,
    uuid: intent.uuid,
    state: intent.state,
    enterprise_name: intent.enterpriseName,
    enterprise_slug: intent.enterpriseSlug,
    enterprise_uuid: intent.enterpriseUuid,
    given_stripe_customer_id: intent.stripeCustomerId,
    stripe_customer_id: intent.stripeCustomerId,
    quantity: intent.quantity,
    created_at: intent.createdAt ?? now,
  }));
  const { source, names, parameters } = toUnnest(rows, COLUMNS);
  const inserted = await tx.query<{ id: string }>(
    `insert into checkout_intent (${names}) select * from ${source} order by id on conflict do nothing returning id`,
    parameters,
  );
  return inserted.map(({ id }) => id);
}

/** What was free when the file was looked at may have been taken since. */
async function assertThemselves(tx: Transaction, intents: readonly IntentRow[]): Promise<void> {
  const [taken] = await tx.query<{ id: string }>(
    `select v.id from unnest($1::bigint[], $2::uuid[]) v(id, uuid)
     where not exists (select from checkout_intent c where c.id = v.id and c.uuid = v.uuid) limit 1`,
    [intents.map(({ id }) => id), intents.map(({ uuid }) => uuid)],
  );
  if (taken !== undefined)
    throw new LinkConflictError(
      `The id or uuid of checkout intent ${taken.id} was taken while this import ran; run it again.`,
    );
}

async function subscriptionsNaming(tx: Transaction, intentIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select s.id from checkout_intent c join subscription s on s.named_intent_uuid = c.uuid where c.id = any($1::bigint[])
     union select s.id from subscription s where s.named_intent_id = any($1::bigint[])`,
    [intentIds],
  );
  return rows.map(({ id }) => id);
}
