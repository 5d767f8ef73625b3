import { hash } from 'node:crypto';
import { type InvoiceFact, readInvoice } from '@renewal-ledger/sdk';
import { toUnnest } from '../database/bulk.js';
import type { Transaction } from '../database/transaction.js';
import { OBSERVED } from '../ledger/fact.js';
import type { ListedInvoice } from './stripe-pages.js';

/** An invoice as it was read from Stripe, about to be an event of the ledger. */
export interface Observed {
  readonly id: string;
  readonly type: typeof OBSERVED;
  readonly lane: string;
  readonly body: string;
  readonly invoiceId: string;
  readonly customerId: string | null;
  readonly livemode: boolean | null;
  /** When Stripe says that it was read. */
  readonly readAt: Date;
  /** When it last changed, as far as it tells. */
  readonly changedAt: Date;
}

/**
 * The id is made of what the ledger reads from the invoice, so that the same state read again is the same event: Stripe's payload also has
 * links that differ each time. Pure.
 */
export function toObserved(invoice: ListedInvoice, readAt: Date): Observed {
  const fact = readInvoice(invoice);
  const id = idOf(invoice.id, fact);
  const created = Math.floor(readAt.getTime() / 1000);
  const livemode = typeof invoice.livemode === 'boolean' ? invoice.livemode : null;
  return {
    id,
    type: OBSERVED,
    lane: fact.subscription ?? id,
    body: JSON.stringify({ id, object: 'event', type: OBSERVED, created, livemode, data: { object: invoice } }),
    invoiceId: invoice.id,
    customerId: fact.customer,
    livemode,
    readAt,
    changedAt: lastChangeOf(invoice, fact.created),
  };
}

interface Earlier {
  readonly id: string;
  readonly invoiceId: string;
  readonly lastId: string;
  readonly times: number;
  /** The body of the event that the facts are of now, where it is newer than the last reading. */
  readonly since: string | null;
}

const EARLIER = `
  select v.id, v.invoice_id as "invoiceId", last.id as "lastId", last.times,
         case when i.as_of > last.occurred_at then (
           select convert_from(b.body, 'UTF8') from event e join event_body b on b.event_id = e.id and b.received_at = e.received_at
           where e.id = i.as_of_event_id) end as since
  from unnest($1::text[], $2::text[]) v(id, invoice_id)
  join event known on known.id = v.id
  cross join lateral (
    select e.id, e.occurred_at, count(*) over ()::int as times from event e
    where e.stripe_invoice_id = v.invoice_id and e.type = '${OBSERVED}' order by e.received_at desc, e.id desc limit 1) last
  left join invoice i on i.id = v.invoice_id`;

/** An invoice can return to a state that was read before, after another: that is news again, under a name of its own. */
export async function renameReturned(tx: Transaction, observed: readonly Observed[]): Promise<Observed[]> {
  const earlier = await tx.query<Earlier>(EARLIER, [
    observed.map(({ id }) => id),
    observed.map(({ invoiceId }) => invoiceId),
  ]);
  const returned = new Map(earlier.filter(hasReturned).map(({ id, times }) => [id, `${id}:${times + 1}`]));
  return observed.map((one) => {
    const id = returned.get(one.id) ?? one.id;
    return { ...one, id, body: id === one.id ? one.body : JSON.stringify({ ...JSON.parse(one.body), id }) };
  });
}

function hasReturned({ id, invoiceId, lastId, since }: Earlier): boolean {
  if (!lastId.startsWith(id)) return true;
  if (since === null) return false;
  const { data } = JSON.parse(since) as { data: { object: unknown } };
  return idOf(invoiceId, readInvoice(data.object)) !== id;
}

function idOf(invoiceId: string, fact: InvoiceFact): string {
  return `${OBSERVED}:${invoiceId}:${hash('sha256', JSON.stringify(fact), 'hex').slice(0, 32)}`;
}

function lastChangeOf(invoice: object, created: number | null): Date {
  const { status_transitions: transitions } = invoice as { status_transitions?: unknown };
  const times = [created, ...Object.values(Object(transitions) as object)].filter((time) => typeof time === 'number');
  return new Date(Math.max(0, ...times) * 1000);
}

const COLUMNS = {
  id: 'text',
  type: 'text',
  livemode: 'boolean',
  occurred_at: 'timestamptz',
  stripe_customer_id: 'text',
  stripe_invoice_id: 'text',
  body: 'text',
} as const;

/** Stores them PENDING and wakes nobody. Answers the ids of those that are new. */
export async function insertObserved(
  tx: Transaction,
  observed: readonly Observed[],
  subscription: string,
): Promise<ReadonlySet<string>> {
  const rows = observed.map(({ id, type, livemode, readAt, customerId, invoiceId, body }) => ({
    id,
    type,
    livemode,
    occurred_at: readAt,
    stripe_customer_id: customerId,
    stripe_invoice_id: invoiceId,
    body,
  }));
  const { source, parameters } = toUnnest(rows, COLUMNS, 1);
  const born = await tx.query<{ id: string }>(
    `with v as (select * from ${source}),
     born as (
       insert into event (id, type, source, state, livemode, occurred_at, stripe_customer_id, stripe_subscription_id, stripe_invoice_id, checkout_intent_id, body_hash)
       select id, type, 'LEDGER', 'PENDING', livemode, occurred_at, stripe_customer_id, $1, stripe_invoice_id,
              (select checkout_intent_id from subscription where id = $1), sha256(convert_to(body, 'UTF8'))
       from v order by id on conflict (id) do nothing returning id, received_at),
     bodies as (
       insert into event_body (event_id, received_at, body)
       select born.id, born.received_at, convert_to(v.body, 'UTF8') from born join v on v.id = born.id)
     select id from born`,
    [subscription, ...parameters],
  );
  return new Set(born.map(({ id }) => id));
}
