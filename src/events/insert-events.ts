import type { NewEvent } from './new-event.js';

/** Column to type, in the order of the parameters; `body` goes into a table of its own. */
const COLUMNS = {
  id: 'text',
  type: 'text',
  state: 'text',
  ignored_because: 'text',
  api_version: 'text',
  livemode: 'boolean',
  account: 'text',
  occurred_at: 'timestamptz',
  stripe_customer_id: 'text',
  stripe_subscription_id: 'text',
  stripe_invoice_id: 'text',
  body: 'bytea',
};

const NAMES = Object.keys(COLUMNS);
const TYPES = Object.values(COLUMNS);
const COPIED = NAMES.filter((name) => name !== 'body' && name !== 'occurred_at').join(', ');

const statements: string[] = [];

/**
 * Inserts so many events with their bodies and answers the ids of those that were new. It is SQL rather than the ORM's
 * because `VALUES` in binary was the fastest of all ways tried, by far for bodies. Its text depends on the count alone.
 */
export function insertStatement(count: number): string {
  return (statements[count] ??= `
    with given (${NAMES.join(', ')}) as (values ${Array.from({ length: count }, (_, row) => placeholders(row)).join(', ')}),
    stored as (
      insert into event (source, ${COPIED}, occurred_at, body_hash)
      select 'STRIPE', ${COPIED}, coalesce(occurred_at, now()), sha256(body) from given
      on conflict do nothing
      returning id, received_at),
    bodies as (
      insert into event_body (event_id, received_at, body)
      select id, stored.received_at, given.body from stored join given using (id))
    select id from stored`);
}

/** In PostgreSQL a list of values takes its types from the first row. */
const placeholders = (row: number): string =>
  `(${TYPES.map((type, column) => `$${row * TYPES.length + column + 1}${row === 0 ? `::${type}` : ''}`).join(', ')})`;

export function parametersOf(events: readonly NewEvent[]): unknown[] {
  const parameters: unknown[] = [];
  for (const event of events) {
    parameters.push(
      event.id, event.type, event.state, event.ignoredBecause, event.apiVersion, event.livemode, event.account,
      event.occurredAt?.toISOString() ?? null,
      event.stripeCustomerId, event.stripeSubscriptionId, event.stripeInvoiceId, event.body,
    );
  }
  return parameters;
}
