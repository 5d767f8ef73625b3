import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../clock.js';
import { inTransaction, type Transaction, transactionOf } from '../database/transaction.js';
import type { Announcer } from './announcer.js';
import { lockRenewal, settleFor, withRenewal } from './commands/context.js';
import { type PlanState, plansOf } from './plans.js';
import type { RenewalRecord } from './records.js';
import { lockScope } from './scope.js';
import { groupsOf } from './settle-scope.js';

/** The handler that has a renewal processed downstream: while its delivery is alive, a claimed link cannot be taken back. */
export const PROCESSOR = 'LicenseManagerHandlers.process';

export interface ProcessingOptions {
  readonly em: EntityManager;
  readonly announcer: Announcer;
  readonly clock: Clock;
}

/** What a downstream service's handlers need of the ledger; no transaction is open between two calls. */
export interface Processing {
  /** Claims a renewal while this invoice's link stands, under its intent's lock. Null where it does not, or is processed. */
  claim(renewalId: string, invoiceId: string): Promise<RenewalRecord | null>;
  /** Inside the delivery's own transaction. A repeat changes nothing. */
  complete(em: EntityManager, renewalId: string, by: string): Promise<void>;
  /** The next plan that is not known to be as the facts say, leased to the caller; seconds to wait where another holds the lease. */
  leasePlan(subscriptionId: string, lease: Lease): Promise<PlanState | { readonly waitSeconds: number } | null>;
  /** Ends the lease. `confirmed`: what a call has certainly set; without it the plan's state is unknown. */
  releasePlan(subscriptionId: string, lease: Lease, confirmed?: PlanState): Promise<void>;
}

export interface Lease {
  readonly holder: string;
  /** Longer than the call that it covers. */
  readonly seconds: number;
}

export function createProcessing(options: ProcessingOptions): Processing {
  const { em } = options;
  return {
    claim: (renewalId, invoiceId) => inTransaction(em, (tx) => claim(options, tx, { renewalId, invoiceId })),
    complete: (inner, renewalId, by) => complete({ ...options, by }, transactionOf(inner), renewalId),
    leasePlan: (subscriptionId, lease) => inTransaction(em, (tx) => leasePlan(tx, subscriptionId, lease)),
    releasePlan: (subscriptionId, lease, confirmed) =>
      inTransaction(em, (tx) => releasePlan(tx, { subscriptionId, lease, confirmed })),
  };
}

async function claim(
  options: ProcessingOptions,
  tx: Transaction,
  { renewalId, invoiceId }: { renewalId: string; invoiceId: string },
): Promise<RenewalRecord | null> {
  const { scope, renewal } = await lockRenewal(tx, renewalId);
  if (renewal.invoiceId !== invoiceId || renewal.processedAt !== null) return null;
  if (renewal.processingStartedAt !== null) return renewal;
  const claimed = { ...renewal, processingStartedAt: options.clock.now() };
  await settleFor({ ...options, by: PROCESSOR }, tx, {
    before: scope,
    next: withRenewal(scope, claimed),
    reason: 'claimed',
  });
  return claimed;
}

async function complete(
  context: ProcessingOptions & { by: string },
  tx: Transaction,
  renewalId: string,
): Promise<void> {
  const { scope, renewal } = await lockRenewal(tx, renewalId);
  if (renewal.processedAt !== null) return;
  const processed = { ...renewal, processedAt: context.clock.now() };
  await settleFor(context, tx, { before: scope, next: withRenewal(scope, processed), reason: 'processed' });
}

/** One call at a time per subscription: a lease on its row, which ends by itself where its holder died. */
async function leasePlan(
  tx: Transaction,
  subscriptionId: string,
  { holder, seconds }: Lease,
): Promise<PlanState | { waitSeconds: number } | null> {
  const scope = await lockScope(tx, { subscriptionIds: [subscriptionId] });
  const group = groupsOf(scope).find(({ subscriptions }) => subscriptions.some(({ id }) => id === subscriptionId));
  const subscription = group?.subscriptions.find(({ id }) => id === subscriptionId);
  if (group === undefined || subscription === undefined) return null;
  const known = await knownPlans(tx, subscriptionId);
  const due = plansOf(subscription, group.intent, group.renewals).toSorted(
    (a, b) => Number(a.isActive) - Number(b.isActive),
  );
  const plan = due.find(({ planUuid, isActive }) => known.get(planUuid) !== isActive);
  if (plan === undefined) return null;
  const [held] = await tx.query<{ wait: number }>(
    `select ceil(extract(epoch from plan_lease_until - now()))::int as wait from subscription
     where id = $1 and plan_lease_until > now() and plan_lease_holder <> $2`,
    [subscriptionId, holder],
  );
  if (held !== undefined) return { waitSeconds: held.wait };
  await tx.query(
    'update subscription set plan_lease_until = now() + make_interval(secs => $2), plan_lease_holder = $3 where id = $1',
    [subscriptionId, seconds, holder],
  );
  await setKnown(tx, subscriptionId, { ...plan, isActive: null });
  return plan;
}

async function releasePlan(
  tx: Transaction,
  { subscriptionId, lease, confirmed }: { subscriptionId: string; lease: Lease; confirmed: PlanState | undefined },
): Promise<void> {
  const released = await tx.query(
    'update subscription set plan_lease_until = null, plan_lease_holder = null where id = $1 and plan_lease_holder = $2 returning id',
    [subscriptionId, lease.holder],
  );
  // A lease that ran out may be another's by now: what that one set is newer.
  if (released.length > 0 && confirmed !== undefined) await setKnown(tx, subscriptionId, confirmed);
}

async function knownPlans(tx: Transaction, subscriptionId: string): Promise<Map<string, boolean | null>> {
  const rows = await tx.query<{ plan: string; known: boolean | null }>(
    `select renewed_subscription_plan_uuid as plan, bool_and(is_plan_active) filter (where is_plan_active is not null) as known
     from renewal where stripe_subscription_id = $1 and renewed_subscription_plan_uuid is not null group by 1`,
    [subscriptionId],
  );
  return new Map(rows.map(({ plan, known }) => [plan, known]));
}

/** Null: a call is under way, and until its answer nobody knows. */
async function setKnown(
  tx: Transaction,
  subscriptionId: string,
  { planUuid, isActive }: { readonly planUuid: string; readonly isActive: boolean | null },
): Promise<void> {
  await tx.query(
    'update renewal set is_plan_active = $3 where stripe_subscription_id = $1 and renewed_subscription_plan_uuid = $2',
    [subscriptionId, planUuid, isActive],
  );
}
