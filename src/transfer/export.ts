import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { EventSource, LinkedBy } from '../entities/states.js';
import { OBSERVED } from '../ledger/fact.js';
import type { EventRow, IntentRow, RenewalRow } from './records.js';
import { VERSION } from './records.js';

export interface ExportCounts {
  readonly checkoutIntents: number;
  readonly renewals: number;
  readonly events: number;
  /** Events whose body is erased: only their columns are left, and those are not exported. */
  readonly erased: number;
}

export interface ExportOptions {
  readonly withEvents: boolean;
  /** Takes the lines in turn; the next is read when it returns. */
  readonly write: (lines: string) => Promise<void>;
  readonly onWritten?: (records: number, total: number) => void;
  readonly signal: AbortSignal;
}

const PAGE = 200;

/** Stripe's events, and what was read from Stripe of invoices whose events it lists no longer. */
const IS_EXPORTED = `(e.source = '${EventSource.STRIPE}' or e.type = '${OBSERVED}')`;

/**
 * Writes checkout intents, renewals and the events that facts are read from, a JSON object a line, as they are at one moment. What is
 * derived is left out, or marked: an import into an empty database derives the same.
 */
export function exportAll(em: EntityManager, options: ExportOptions): Promise<ExportCounts> {
  return inTransaction(em, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    await tx.query('set local idle_in_transaction_session_timeout = 0');
    const counts = await count(tx, options.withEvents);
    const total = counts.checkoutIntents + counts.renewals + counts.events;
    let written = 0;
    await options.write(`${JSON.stringify({ kind: 'renewal-ledger', version: VERSION })}\n`);
    for await (const page of pagesOf(tx, options.withEvents, counts)) {
      options.signal.throwIfAborted();
      await options.write(page.map((record) => `${JSON.stringify(record)}\n`).join(''));
      written += page.length;
      options.onWritten?.(written, total);
    }
    return counts;
  });
}

async function* pagesOf(
  tx: Transaction,
  withEvents: boolean,
  { erased }: ExportCounts,
): AsyncGenerator<readonly object[]> {
  yield* recordsOf<{ kind: 'checkoutIntent' } & Record<keyof IntentRow, unknown>>(tx, INTENTS);
  yield* recordsOf<{ kind: 'renewal' } & Record<keyof RenewalRow, unknown>>(
    tx,
    renewals(withEvents && erased === 0 ? IS_LINK_DERIVED : 'false'),
  );
  if (withEvents) yield* eventsOf(tx);
}

async function count(tx: Transaction, withEvents: boolean): Promise<ExportCounts> {
  const [row] = await tx.query<Record<string, string>>(
    `select (select count(*) from checkout_intent) as intents, (select count(*) from renewal) as renewals,
       count(*) filter (where payload_erased_at is null) as events, count(*) filter (where payload_erased_at is not null) as erased
     from event e where ${IS_EXPORTED} and $1`,
    [withEvents],
  );
  return {
    checkoutIntents: Number(row?.['intents']),
    renewals: Number(row?.['renewals']),
    events: Number(row?.['events']),
    erased: Number(row?.['erased']),
  };
}

/** JSON's own form of a time, as a Date has it. */
const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const exactInstant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const INTENTS = `
  select id as "key", json_build_object('kind', 'checkoutIntent', 'id', id::text, 'uuid', uuid, 'state', state,
    'enterpriseName', enterprise_name, 'enterpriseSlug', enterprise_slug, 'enterpriseUuid', enterprise_uuid,
    'stripeCustomerId', given_stripe_customer_id, 'quantity', quantity, 'createdAt', ${instant('created_at')}) as record
  from checkout_intent where id > $1::bigint order by id limit ${PAGE}`;

/** Links that are derived anew until their invoice is paid, where an import can do that: no event tells of fetched lines. */
const IS_LINK_DERIVED = `coalesce(linked_by in ('${LinkedBy.RULE}', '${LinkedBy.BACKFILL}')
  and processed_at is null and processing_started_at is null
  and exists (select from invoice i where i.id = stripe_invoice_id and i.status <> 'paid' and not i.has_fetched_lines), false)`;

const renewals = (isLinkDerived: string) => `
  select id as "key", json_build_object('kind', 'renewal', 'checkoutIntentId', checkout_intent_id::text,
    'subscriptionPlanRenewalId', subscription_plan_renewal_id, 'priorSubscriptionPlanUuid', prior_subscription_plan_uuid,
    'renewedSubscriptionPlanUuid', renewed_subscription_plan_uuid, 'stripeSubscriptionId', given_stripe_subscription_id,
    'effectiveDate', ${instant('given_date')}, 'isDateFixed', is_date_fixed, 'stripeInvoiceId', stripe_invoice_id, 'isLinkDerived', ${isLinkDerived},
    'processedAt', ${instant('processed_at')}, 'isCanceled', canceled_by_hand,
    'refusedInvoiceIds', coalesce((select json_agg(p.stripe_invoice_id order by p.stripe_invoice_id) from refused_pair p where p.renewal_id = renewal.id), '[]'),
    'createdAt', ${instant('created_at')}) as record
  from renewal where id > $1::bigint order by id limit ${PAGE}`;

async function* recordsOf<R extends object>(tx: Transaction, text: string): AsyncGenerator<R[]> {
  for (let after = '0'; ;) {
    const rows = await tx.query<{ key: string; record: R }>(text, [after]);
    if (rows.length === 0) return;
    yield rows.map(({ record }) => record);
    after = rows.at(-1)?.key ?? after;
  }
}

const EVENTS = `
  select e.id, ${exactInstant('e.received_at')} as at, convert_from(b.body, 'UTF8') as body
  from event e join event_body b on b.event_id = e.id and b.received_at = e.received_at
  where ${IS_EXPORTED} and (e.received_at, e.id) > ($1::timestamptz, $2)
  order by e.received_at, e.id limit ${PAGE}`;

/** In the order in which they were received. */
async function* eventsOf(tx: Transaction): AsyncGenerator<EventRow[]> {
  for (let last = { at: '-infinity', id: '' }; ;) {
    const rows = await tx.query<{ id: string; at: string; body: string }>(EVENTS, [last.at, last.id]);
    if (rows.length === 0) return;
    yield rows.map(({ at, body }): EventRow => ({ kind: 'event', body, receivedAt: at }));
    last = rows.at(-1) ?? last;
  }
}
