import type { Transaction } from '../database/transaction.js';
import { readNewEvent } from '../events/new-event.js';
import type { Problems } from './problems.js';
import type { Placed } from './read-records.js';
import type { EventRow, ImportRecord, IntentRow, RenewalRow } from './records.js';

/** How many records of a group are there already. */
export interface Present {
  readonly checkoutIntents: number;
  readonly renewals: number;
  readonly events: number;
}

/** Compares a group of records with the database: what is there already stays as it is, what would break it is a problem. */
export async function findConflicts(tx: Transaction, group: readonly Placed[], problems: Problems): Promise<Present> {
  const ofKind = <K extends ImportRecord['kind']>(kind: K) =>
    group.filter(({ record }) => record.kind === kind) as Placed<Extract<ImportRecord, { kind: K }>>[];
  return {
    checkoutIntents: await compareIntents(tx, ofKind('checkoutIntent'), problems),
    renewals: await compareRenewals(tx, ofKind('renewal'), problems),
    events: await countEvents(tx, ofKind('event')),
  };
}

/** An intent's id and uuid belong together for good: subscriptions name it by either. */
async function compareIntents(
  tx: Transaction,
  intents: readonly Placed<IntentRow>[],
  problems: Problems,
): Promise<number> {
  if (intents.length === 0) return 0;
  const rows = await tx.query<{ id: string; uuid: string }>(
    'select id, uuid from checkout_intent where id = any($1::bigint[]) or uuid = any($2::uuid[])',
    [intents.map(({ record }) => record.id), intents.map(({ record }) => record.uuid)],
  );
  const uuidOf = new Map(rows.map(({ id, uuid }) => [id, uuid]));
  const idOf = new Map(rows.map(({ id, uuid }) => [uuid, id]));
  for (const { place, record } of intents) {
    const [uuid, id] = [uuidOf.get(record.id), idOf.get(record.uuid)];
    if (uuid !== undefined && uuid !== record.uuid)
      problems.add(
        place,
        'id',
        `is held by another checkout intent, of the uuid ${uuid}. Import into another database.`,
      );
    else if (id !== undefined && id !== record.id)
      problems.add(place, 'uuid', `is held by checkout intent ${id}; an intent keeps its id.`);
  }
  return intents.filter(({ record }) => uuidOf.get(record.id) === record.uuid).length;
}

interface PresentRenewal {
  readonly plan: string;
  readonly id: string;
  readonly intent_id: string;
}

async function compareRenewals(
  tx: Transaction,
  renewals: readonly Placed<RenewalRow>[],
  problems: Problems,
): Promise<number> {
  if (renewals.length === 0) return 0;
  const rows = await tx.query<PresentRenewal>(
    'select subscription_plan_renewal_id as plan, id, checkout_intent_id as intent_id from renewal where subscription_plan_renewal_id = any($1::text[])',
    [renewals.map(({ record }) => record.subscriptionPlanRenewalId)],
  );
  const present = new Map(rows.map((row) => [row.plan, row]));
  for (const { place, record } of renewals) {
    const there = present.get(record.subscriptionPlanRenewalId);
    if (there !== undefined && there.intent_id !== record.checkoutIntentId)
      problems.add(
        place,
        'checkoutIntentId',
        `does not fit: renewal ${there.id} has this subscriptionPlanRenewalId, and is of checkout intent ${there.intent_id}.`,
      );
  }
  const fresh = renewals.filter(({ record }) => !present.has(record.subscriptionPlanRenewalId));
  await compareLinks(tx, fresh, problems);
  await compareDates(tx, fresh, problems);
  return renewals.length - fresh.length;
}

/** An invoice pays for one renewal, and for none of another customer. */
async function compareLinks(
  tx: Transaction,
  renewals: readonly Placed<RenewalRow>[],
  problems: Problems,
): Promise<void> {
  const linked = renewals.filter(({ record }) => record.stripeInvoiceId !== null);
  if (linked.length === 0) return;
  const rows = await tx.query<{ invoice: string; holder: string | null; is_foreign: boolean }>(
    `select v.invoice, r.id as holder,
       coalesce(coalesce(i.stripe_customer_id, s.stripe_customer_id, s.first_customer_id) <> c.stripe_customer_id, false) as is_foreign
     from unnest($1::text[], $2::bigint[]) v(invoice, intent_id)
     left join renewal r on r.stripe_invoice_id = v.invoice
     left join invoice i on i.id = v.invoice
     left join subscription s on s.id = i.stripe_subscription_id
     left join checkout_intent c on c.id = v.intent_id`,
    [linked.map(({ record }) => record.stripeInvoiceId), linked.map(({ record }) => record.checkoutIntentId)],
  );
  const found = new Map(rows.map((row) => [row.invoice, row]));
  for (const { place, record } of linked) {
    const { holder = null, is_foreign: isForeign = false } = found.get(record.stripeInvoiceId ?? '') ?? {};
    if (holder !== null) problems.add(place, 'stripeInvoiceId', `is linked to renewal ${holder} already.`);
    else if (isForeign)
      problems.add(place, 'stripeInvoiceId', `is of another customer than checkout intent ${record.checkoutIntentId}.`);
  }
}

/** Two renewals of one subscription at one date could never be told apart. */
async function compareDates(
  tx: Transaction,
  renewals: readonly Placed<RenewalRow>[],
  problems: Problems,
): Promise<void> {
  const dated = renewals.filter(({ record }) => record.effectiveDate !== null && !record.isCanceled);
  if (dated.length === 0) return;
  const rows = await tx.query<{ plan: string; twin: string }>(
    `select v.plan, r.id as twin from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[]) v(plan, subscription_id, intent_id, date)
     join renewal r on r.effective_date = v.date and not r.canceled_by_hand
       and (r.stripe_subscription_id = v.subscription_id
         or (coalesce(r.stripe_subscription_id, v.subscription_id) is null and r.checkout_intent_id = v.intent_id))`,
    [
      dated.map(({ record }) => record.subscriptionPlanRenewalId),
      dated.map(({ record }) => record.stripeSubscriptionId),
      dated.map(({ record }) => record.checkoutIntentId),
      dated.map(({ record }) => record.effectiveDate?.toISOString()),
    ],
  );
  const twins = new Map(rows.map(({ plan, twin }) => [plan, twin]));
  for (const { place, record } of dated) {
    const twin = twins.get(record.subscriptionPlanRenewalId);
    if (twin !== undefined)
      problems.add(place, 'effectiveDate', `is that of renewal ${twin}, which is of the same subscription.`);
  }
}

async function countEvents(tx: Transaction, events: readonly Placed<EventRow>[]): Promise<number> {
  if (events.length === 0) return 0;
  const ids = events.flatMap(({ record }) => readNewEvent(Buffer.from(record.body), 'both')?.id ?? []);
  const [row] = await tx.query<{ count: string }>('select count(*) as count from event where id = any($1::text[])', [
    ids,
  ]);
  return Number(row?.count ?? 0);
}
