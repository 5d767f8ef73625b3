import { toUnnest } from '../database/bulk.js';
import { preferIndexes, type Transaction } from '../database/transaction.js';
import { LinkedBy } from '../entities/states.js';
import { runCommand } from '../ledger/commands/context.js';
import { closeFactGate, lockScope } from '../ledger/scope.js';
import { type ImportContext, settleImported } from './context.js';
import type { RenewalRow } from './records.js';

const COLUMNS = {
  checkout_intent_id: 'bigint',
  subscription_plan_renewal_id: 'text',
  prior_subscription_plan_uuid: 'uuid',
  renewed_subscription_plan_uuid: 'uuid',
  given_stripe_subscription_id: 'text',
  given_date: 'timestamptz',
  is_date_fixed: 'boolean',
  stripe_invoice_id: 'text',
  linked_by: 'text',
  processed_at: 'timestamptz',
  canceled_by_hand: 'boolean',
  created_at: 'timestamptz',
} as const;

/** Inserts the renewals that are missing, and settles their intents. Their links stand, like a person's. Answers how many are new. */
export function writeRenewals(context: ImportContext, renewals: readonly RenewalRow[]): Promise<number> {
  return runCommand(context, async (tx) => {
    await preferIndexes(tx);
    // An invoice that is linked here may have no row yet that could be locked instead.
    await closeFactGate(tx);
    const inserted = await insertMissing(tx, renewals, context.clock.now());
    if (inserted.size === 0) return 0;
    const fresh = renewals.filter(({ subscriptionPlanRenewalId }) => inserted.has(subscriptionPlanRenewalId));
    await insertRefusedPairs(tx, fresh, { inserted, context });
    const scope = await lockScope(tx, await keysOf(tx, fresh));
    await settleImported(tx, scope, { context, renewalIds: [...inserted.values()] });
    return inserted.size;
  });
}

/** The ids of the new rows, by `subscriptionPlanRenewalId`. */
async function insertMissing(
  tx: Transaction,
  renewals: readonly RenewalRow[],
  now: Date,
): Promise<ReadonlyMap<string, string>> {
  const rows = renewals.map((renewal) => ({
    checkout_intent_id: renewal.checkoutIntentId,
    subscription_plan_renewal_id: renewal.subscriptionPlanRenewalId,
    prior_subscription_plan_uuid: renewal.priorSubscriptionPlanUuid,
    renewed_subscription_plan_uuid: renewal.renewedSubscriptionPlanUuid,
    given_stripe_subscription_id: renewal.stripeSubscriptionId,
    given_date: renewal.effectiveDate,
    is_date_fixed: renewal.isDateFixed,
    stripe_invoice_id: renewal.stripeInvoiceId,
    linked_by: renewal.stripeInvoiceId === null ? null : LinkedBy.IMPORT,
    processed_at: renewal.processedAt,
    canceled_by_hand: renewal.isCanceled,
    created_at: renewal.createdAt ?? now,
  }));
  const { source, names, parameters } = toUnnest(rows, COLUMNS);
  const inserted = await tx.query<{ id: string; plan: string }>(
    `insert into renewal (${names}) select * from ${source} on conflict (subscription_plan_renewal_id) do nothing
     returning id, subscription_plan_renewal_id as plan`,
    parameters,
  );
  return new Map(inserted.map(({ id, plan }) => [plan, id]));
}

async function insertRefusedPairs(
  tx: Transaction,
  renewals: readonly RenewalRow[],
  {
    inserted,
    context: { by, reason },
  }: { readonly inserted: ReadonlyMap<string, string>; readonly context: ImportContext },
): Promise<void> {
  const pairs = renewals.flatMap(({ subscriptionPlanRenewalId, refusedInvoiceIds }) =>
    refusedInvoiceIds.map((stripe_invoice_id) => ({
      renewal_id: inserted.get(subscriptionPlanRenewalId),
      stripe_invoice_id,
      by,
      reason,
    })),
  );
  if (pairs.length === 0) return;
  const columns = { renewal_id: 'bigint', stripe_invoice_id: 'text', by: 'text', reason: 'text' } as const;
  const { source, names, parameters } = toUnnest(pairs, columns);
  await tx.query(`insert into refused_pair (${names}) select * from ${source} on conflict do nothing`, parameters);
}

/** Their intents, the subscriptions that they name, and the invoices that they are linked to, with those's subscriptions. */
async function keysOf(tx: Transaction, renewals: readonly RenewalRow[]) {
  const invoiceIds = renewals.flatMap(({ stripeInvoiceId }) => stripeInvoiceId ?? []);
  const ofInvoices = await tx.query<{ id: string }>(
    'select distinct stripe_subscription_id as id from invoice where id = any($1::text[]) and stripe_subscription_id is not null',
    [invoiceIds],
  );
  const named = renewals.flatMap(({ stripeSubscriptionId }) => stripeSubscriptionId ?? []);
  return {
    intentIds: [...new Set(renewals.map(({ checkoutIntentId }) => checkoutIntentId))],
    subscriptionIds: [...new Set([...named, ...ofInvoices.map(({ id }) => id)])],
    invoiceIds,
  };
}
