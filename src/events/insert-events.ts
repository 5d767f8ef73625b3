import { hash } from 'node:crypto';
import type { NewEvent } from './new-event.js';

/** Column to type: what a row says of an event. */
const ROW = {
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
  body_hash: 'text',
};
const COLUMNS = Object.entries(ROW);

type Row = Record<keyof typeof ROW, string | boolean | null>;

/** Where the rows come from: a CTE named `given`, and what is the body of one of them. */
interface Source {
  readonly given: string;
  readonly body: string;
}

/** The text is the same for any number of events: a connection parses and plans it once. Bodies lie behind each other in one run of bytes. */
const FROM_JSON: Source = {
  given: `given as materialized (
    select * from json_to_recordset($1::text::json) as v(${COLUMNS.map((column) => column.join(' ')).join(', ')},
      body_start int, body_length int))`,
  body: 'substring($2::bytea from body_start for body_length)',
};

/** A lone event's values as they are: reading JSON would be more than a quarter of its statement. */
const FROM_PARAMETERS: Source = {
  given: `given as not materialized (
    select ${COLUMNS.map(([name, type], index) => `$${index + 1}::${type} as ${name}`).join(', ')},
      $${COLUMNS.length + 1}::bytea as body)`,
  body: 'body',
};

const COPIED = COLUMNS.map(([name]) => name)
  .filter((name) => name !== 'occurred_at' && name !== 'body_hash')
  .join(', ');

/** SQL rather than the ORM's for its speed. Whatever the server's default, what it answers survives the server's crash. */
const insertFrom = ({ given, body }: Source): string => `
  with ${given},
  stored as (
    insert into event (source, ${COPIED}, occurred_at, body_hash)
    select 'STRIPE', ${COPIED}, coalesce(occurred_at, now()), decode(body_hash, 'hex') from given
    on conflict do nothing
    returning id, received_at),
  bodies as (
    insert into event_body (event_id, received_at, body)
    select id, received_at, ${body} from stored join given using (id))
  select id from stored where (select set_config('synchronous_commit', 'on', true)) = 'on'`;

const INSERT_EVENT = insertFrom(FROM_PARAMETERS);
const INSERT_EVENTS = insertFrom(FROM_JSON);

/** A statement that is worth preparing under its name. */
export interface Insertion {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Inserts events with their bodies, in the order given, and answers the ids of those that were new. */
export function insertionOf(events: readonly NewEvent[]): Insertion {
  const [only] = events;
  if (only !== undefined && events.length === 1)
    return { name: 'insert-event', text: INSERT_EVENT, values: [...Object.values(toRow(only)), only.body] };
  const bodies = events.map(({ body }) => body);
  return { name: 'insert-events', text: INSERT_EVENTS, values: [toJson(events), Buffer.concat(bodies)] };
}

function toJson(events: readonly NewEvent[]): string {
  let start = 1;
  const rows = events.map((event) => {
    const row = { ...toRow(event), body_start: start, body_length: event.body.length };
    start += event.body.length;
    return row;
  });
  return JSON.stringify(rows);
}

/** In the order of `ROW`. */
const toRow = (event: NewEvent): Row => ({
  id: event.id,
  type: event.type,
  state: event.state,
  ignored_because: event.ignoredBecause,
  api_version: event.apiVersion,
  livemode: event.livemode,
  account: event.account,
  occurred_at: event.occurredAt?.toISOString() ?? null,
  stripe_customer_id: event.stripeCustomerId,
  stripe_subscription_id: event.stripeSubscriptionId,
  stripe_invoice_id: event.stripeInvoiceId,
  // Here, because the embedded server's own takes ten times as long.
  body_hash: hash('sha256', event.body),
});
