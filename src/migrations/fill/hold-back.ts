import { createHash } from 'node:crypto';
import type { Query } from '../online-migration.js';
import type { Filled } from './fill-group.js';
import type { Group, InvoiceRow, RenewalRow } from './rows.js';
import type { Scope } from './scope.js';
import { toJson } from './tables.js';

const BECAUSE = 'Held back: found by a backfill or an import that was not told to announce.';

interface Raised {
  readonly type: string;
  readonly key: string;
  readonly object: Readonly<Record<string, string | number | null>>;
}

/**
 * Stores what follows from the fill as events that nobody handles: it is no news, and with its id taken nobody raises it later. An
 * operator can release it by `replayEvents`.
 */
export async function holdBack(query: Query, { groups, facts }: Scope, filled: readonly Filled[]): Promise<void> {
  const raised = groups.flatMap((group, index) => [
    ...paidRenewals(group, filled[index]),
    ...paidInvoices(group, filled[index], facts.invoices),
  ]);
  if (raised.length === 0) return;
  const [{ now } = { now: '' }] = await query<{ now: string }>('select extract(epoch from now())::bigint as now');
  const rows = raised.map((event) => toRow(event, Number(now))).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await query(
    `with v as (
       select * from jsonb_to_recordset($1::jsonb) v (id text, type text, hash text, body text,
         customer text, subscription text, invoice text, intent bigint)),
     born as (
       insert into event (id, type, source, state, ignored_because, occurred_at, stripe_customer_id, stripe_subscription_id,
         stripe_invoice_id, checkout_intent_id, body_hash)
       select id, type, 'LEDGER', 'IGNORED', $2, now(), customer, subscription, invoice, intent, decode(hash, 'hex')
       from v order by id on conflict (id) do nothing returning id, received_at)
     insert into event_body (event_id, received_at, body)
     select born.id, received_at, convert_to(body, 'UTF8') from born join v on v.id = born.id`,
    [toJson(rows), BECAUSE],
  );
}

function paidRenewals(group: Group, filled: Filled | undefined): Raised[] {
  return (filled?.changes ?? []).flatMap(({ before, after }): Raised[] => {
    const invoice = group.invoices.find(({ id }) => id === after.stripe_invoice_id);
    const isNews =
      after.state === 'PAID' && (before.state !== 'PAID' || before.stripe_invoice_id !== after.stripe_invoice_id);
    if (!isNews || invoice === undefined || isPaidAfterEnd(invoice, group)) return [];
    const period = { periodStart: toText(invoice.period_start), periodEnd: toText(invoice.period_end) };
    const object = { ...idsOf(group, invoice, after), ...amountsOf(invoice), ...period };
    return [{ type: 'renewal.paid', key: `${after.id}:${invoice.id}`, object }];
  });
}

/** Of invoices whose facts were missing: those that were there have been told of. */
function paidInvoices(group: Group, filled: Filled | undefined, born: ReadonlyMap<string, InvoiceRow>): Raised[] {
  const renewals = [...group.renewals, ...(filled?.changes ?? []).map(({ after }) => after)];
  return group.invoices
    .filter(({ id, status, total }) => born.has(id) && status === 'paid' && (total ?? 0) > 0)
    .filter(({ stripe_subscription_id: subscription }) => subscription !== null)
    .map((invoice) => {
      const renewal = renewals.find(({ stripe_invoice_id: id }) => id === invoice.id);
      const object = { ...idsOf(group, invoice, renewal), ...amountsOf(invoice) };
      return { type: 'payment.received', key: invoice.id, object };
    });
}

function isPaidAfterEnd({ paid_at: paidAt, stripe_subscription_id: of }: InvoiceRow, group: Group): boolean {
  const endedAt = group.subscriptions.find(({ id }) => id === of)?.ended_at ?? null;
  return paidAt !== null && endedAt !== null && paidAt > endedAt;
}

function idsOf({ intent }: Group, invoice: InvoiceRow, renewal: RenewalRow | undefined): Raised['object'] {
  return {
    checkoutIntentId: intent.id,
    checkoutIntentUuid: intent.uuid,
    stripeSubscriptionId: invoice.stripe_subscription_id ?? renewal?.stripe_subscription_id ?? null,
    stripeCustomerId: invoice.stripe_customer_id ?? intent.stripe_customer_id,
    stripeInvoiceId: invoice.id,
    renewalId: renewal?.id ?? null,
    subscriptionPlanRenewalId: renewal?.subscription_plan_renewal_id ?? null,
    priorSubscriptionPlanUuid: renewal?.prior_subscription_plan_uuid ?? null,
    renewedSubscriptionPlanUuid: renewal?.renewed_subscription_plan_uuid ?? null,
  };
}

const amountsOf = ({ total, amount_paid: amountPaid, currency }: InvoiceRow) => ({ total, amountPaid, currency });

const toText = (instant: Date | null): string | null => instant?.toISOString() ?? null;

function toRow({ type, key, object }: Raised, created: number) {
  const id = `${type}:${key}`;
  const body = JSON.stringify({ id, object: 'event', type, created, data: { object } });
  return {
    id,
    type,
    hash: createHash('sha256').update(body).digest('hex'),
    body,
    customer: object['stripeCustomerId'],
    subscription: object['stripeSubscriptionId'],
    invoice: object['stripeInvoiceId'],
    intent: object['checkoutIntentId'],
  };
}
