import type { Client } from 'pg';
import { idsOf, RENEWAL_DATE } from './events.js';

/**
 * Checkout intents as they are a year after their first invoice was paid, each with its coming renewal. No subscription and no invoice is
 * known yet. Analyzed, as every table of that size is by then.
 */
export async function preload(sql: Client, from: number, count: number): Promise<void> {
  const number = `lpad(n::text, 12, '0')`;
  const { customer, subscription, intentUuid } = idsOf('%');
  const text = (id: string) => `'${id.replace('%', '')}' || ${number}`;
  await sql.query(
    `with numbers as (select generate_series($1::int, $1::int + $2::int - 1) as n),
     intents as (
       insert into checkout_intent (uuid, state, given_stripe_customer_id, stripe_customer_id)
       select (${text(intentUuid)})::uuid, 'PAID', ${text(customer)}, ${text(customer)} from numbers
       returning id, uuid)
     insert into renewal (checkout_intent_id, subscription_plan_renewal_id, given_stripe_subscription_id, stripe_subscription_id, given_date, effective_date)
     select intents.id, 'plan-renewal-' || n, ${text(subscription)}, ${text(subscription)}, $3, $3
     from numbers join intents on intents.uuid = (${text(intentUuid)})::uuid`,
    [from, count, RENEWAL_DATE],
  );
  await sql.query('analyze');
}

/** Throws unless every one of these renewals is linked to its own invoice, and that is paid. */
export async function assertPaid(sql: Client, pairs: number): Promise<void> {
  const { rows } = await sql.query<{ paid: string }>(
    `select count(*) as paid from renewal
      where state = 'PAID' and right(stripe_invoice_id, 12) = right(given_stripe_subscription_id, 12)`,
  );
  if (Number(rows[0]?.paid) !== pairs)
    throw new Error(`Of ${pairs} invoices ${rows[0]?.paid} were linked to their renewal and paid.`);
}
