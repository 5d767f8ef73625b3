import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import type { Client } from 'pg';
import { eventText, idsOf, RENEWAL_DATE, toNumber } from './events.js';
import { preload } from './preload.js';

/** The renewal that shows what the facts of the others look like; it lies behind all that are counted. */
const PATTERN = 2_000_000_000;
const pattern = toNumber(PATTERN);

export const EVENTS_PER_RENEWAL = 3;

/** Of ten renewals one holds its invoice and lacks its date, as imports leave them; nine have a date and lack their invoice. */
const LACKING_A_DATE = 10;

/**
 * What an older system left: renewals, and of each a paid trial, the draft of its invoice and the paid invoice, all stored and handled. No
 * facts yet. The pattern's rows come last.
 */
export async function preloadHistory(sql: Client, renewals: number): Promise<void> {
  await preload(sql, 0, renewals);
  await preload(sql, PATTERN, 1);
  await sql.query(
    `update renewal set stripe_invoice_id = $1 || right(given_stripe_subscription_id, 12), linked_by = 'IMPORT', given_date = null, effective_date = null
     where id % $2 = 0 and given_stripe_subscription_id not like '%' || $3`,
    [idsOf('').invoice, LACKING_A_DATE, pattern],
  );
  for (const [position, text] of texts().entries()) await storeEvents(sql, { renewals, position, text });
  await sql.query('analyze');
}

/** Each has the pattern's number where another's is to stand. */
function texts(): string[] {
  const { invoice: id, intentUuid, ...ids } = idsOf(pattern);
  const trial = anInvoice({
    ...ids,
    id: id.replace('in_1', 'in_0'),
    billingReason: 'subscription_create',
    serviceStart: '2026-02-15T00:00:00Z',
    serviceEnd: RENEWAL_DATE,
    total: 0,
    metadata: { checkout_intent_uuid: intentUuid },
  });
  const trialPaid = aStripeEvent('invoice.paid', trial, { id: `evt_0p0000000000${pattern}` });
  return [
    JSON.stringify(trialPaid, null, 2),
    eventText('invoice.created')(PATTERN),
    eventText('invoice.paid')(PATTERN),
  ];
}

async function storeEvents(
  sql: Client,
  { renewals, position, text }: { renewals: number; position: number; text: string },
): Promise<void> {
  const { id, type, data } = JSON.parse(text) as { id: string; type: string; data: { object: { id: string } } };
  const { subscription, customer } = idsOf(pattern);
  await sql.query(
    `with numbers as (select lpad(n::text, 12, '0') as number from (select generate_series(0, $1::int - 1)::bigint union all select $2::bigint) v (n)),
     events as (
       insert into event (id, type, source, state, occurred_at, handled_at, stripe_customer_id, stripe_subscription_id, stripe_invoice_id, body_hash)
       select replace($3, $4, number), $5, 'STRIPE', 'HANDLED', timestamptz '2026-02-15' + make_interval(days => $6), now(),
              replace($7, $4, number), replace($8, $4, number), replace($9, $4, number), ''
       from numbers returning id, received_at)
     insert into event_body (event_id, received_at, body)
     select id, received_at, convert_to(replace($10, $4, right(id, 12)), 'UTF8') from events`,
    [renewals, PATTERN, id, pattern, type, position * 14, customer, subscription, data.object.id, text],
  );
}

/** The checkout intent of the pattern: a backfill of it alone leaves the facts that the others are given. */
export async function patternIntent(sql: Client): Promise<string> {
  const { rows } = await sql.query<{ id: string }>('select id from checkout_intent where uuid = $1', [
    idsOf(pattern).intentUuid,
  ]);
  return rows[0]?.id ?? '';
}

/** Gives every renewal the facts of its events, as workers would have left them. The pattern's own have been recorded. */
export async function copyFacts(sql: Client, renewals: number): Promise<void> {
  await sql.query(
    `insert into subscription
     select (jsonb_populate_record(null::subscription, replace(to_jsonb(s)::text, $2, lpad(n::text, 12, '0'))::jsonb || jsonb_build_object('checkout_intent_id', i.id))).*
     from subscription s, generate_series(0, $1::int - 1) n join checkout_intent i on i.uuid = replace($3, $2, lpad(n::text, 12, '0'))::uuid
     where s.id like '%' || $2`,
    [renewals, pattern, idsOf(pattern).intentUuid],
  );
  await sql.query(
    `insert into invoice
     select (jsonb_populate_record(null::invoice, replace(to_jsonb(i)::text, $2, lpad(n::text, 12, '0'))::jsonb
       || case when is_linked then '{"is_linked": false, "outcome": "NO_RENEWAL"}' else '{}' end::jsonb)).*
     from invoice i, generate_series(0, $1::int - 1) n where i.id like '%' || $2`,
    [renewals, pattern],
  );
  await sql.query('analyze');
}

/** Throws unless every renewal has its own invoice and its date. */
export async function assertFilled(sql: Client, renewals: number): Promise<void> {
  const { rows } = await sql.query<{ filled: string }>(
    `select count(*) as filled from renewal
     where state = 'PAID' and effective_date = $1 and right(stripe_invoice_id, 12) = right(given_stripe_subscription_id, 12)`,
    [RENEWAL_DATE],
  );
  if (Number(rows[0]?.filled) !== renewals + 1)
    throw new Error(`Of ${renewals + 1} renewals ${rows[0]?.filled} were filled.`);
}
