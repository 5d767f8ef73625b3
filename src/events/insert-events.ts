import { hash } from 'node:crypto';
import { type ColumnValues, toArrayParameter } from '../database/array-parameter.js';
import type { NamedStatement, Parameter } from '../database/prepared-statement.js';
import type { NewEvent } from './new-event.js';

/** What is given of an event, in the order of the parameters, to its type. */
const GIVEN = {
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
  body_hash: 'bytea',
  body: 'bytea',
} as const;
type Given = typeof GIVEN;
const COLUMNS = Object.entries(GIVEN);

type Values = { readonly [Name in keyof Given]: ColumnValues[Given[Name]] | null };

const COPIED = Object.keys(GIVEN)
  .filter((name) => name !== 'occurred_at' && name !== 'body')
  .join(', ');

/** Whatever the server's default, what the statement answers survives the server's crash. */
const IS_DURABLE = `(current_setting('synchronous_commit') = 'on' or (select set_config('synchronous_commit', 'on', true)) = 'on')`;

/** SQL rather than the ORM's for its speed. A body is joined to its row last, because it is long. */
function insertOf(valueOf: (parameter: string, type: string) => string): string {
  const values = new Map(COLUMNS.map(([name, type], index) => [name, `${valueOf(`$${index + 1}`, type)} as ${name}`]));
  const short = [...values].filter(([name]) => name !== 'body').map(([, value]) => value);
  return `
  with stored as (
    insert into event (source, ${COPIED}, occurred_at)
    select 'STRIPE', ${COPIED}, coalesce(occurred_at, now()) from (select ${short.join(', ')}) as given
    on conflict do nothing
    returning id, received_at)
  insert into event_body (event_id, received_at, body)
  select id, received_at, body from stored join (select ${values.get('id')}, ${values.get('body')}) as given using (id)
  where ${IS_DURABLE}
  returning event_id as id`;
}

/** For a lone event: as arrays of one its values take 7 % longer. */
const INSERT_EVENT = insertOf((parameter, type) => `${parameter}::${type}`);
/** The text is the same for any number of events: a connection parses and plans it once. */
const INSERT_EVENTS = insertOf((parameter, type) => `unnest(${parameter}::${type}[])`);

/** Inserts events with their bodies, in the order given, and answers the ids of those that were new. */
export function insertionOf(events: readonly NewEvent[]): NamedStatement {
  const rows = events.map(toValues);
  if (rows.length === 1)
    return { name: 'insert-event', text: INSERT_EVENT, values: Object.values(rows[0]!).map(toParameter) };
  const arrays = COLUMNS.map(([name, type]) =>
    toArrayParameter(
      type,
      rows.map((row) => row[name as keyof Given]),
    ),
  );
  return { name: 'insert-events', text: INSERT_EVENTS, values: arrays };
}

/** In the order of `GIVEN`. */
const toValues = (event: NewEvent): Values => ({
  id: event.id,
  type: event.type,
  state: event.state,
  ignored_because: event.ignoredBecause,
  api_version: event.apiVersion,
  livemode: event.livemode,
  account: event.account,
  occurred_at: event.occurredAt,
  stripe_customer_id: event.stripeCustomerId,
  stripe_subscription_id: event.stripeSubscriptionId,
  stripe_invoice_id: event.stripeInvoiceId,
  // Here, because the embedded server's own takes ten times as long.
  body_hash: hash('sha256', event.body, 'buffer'),
  body: event.body,
});

function toParameter(value: Values[keyof Values]): Parameter {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'boolean' ? String(value) : value;
}
