import type { HandlerMap } from '@renewal-ledger/sdk';
import type { Transaction } from '../database/transaction.js';
import type { ReadEvent } from '../events/fact-recorder.js';
import { readFacts } from '../events/fact-reading.js';
import { IgnoredBecause } from '../events/ignored.js';
import { EVENT_WITH_BODY, STORED_EVENT, type StoredEvent } from '../events/stored-event.js';
import { OBSERVED } from '../ledger/fact.js';
import { type EventRead, readEvents } from '../ledger/read-events.js';
import type { Scope } from '../ledger/scope.js';
import type { Logger } from '../log.js';

/** Events that are still on their way are left to the workers: what they announce is news. */
const IS_DONE_WITH = `(e.state in ('HANDLED', 'DEAD') or (e.state = 'IGNORED' and e.ignored_because = $4))`;

const CARRIES_FACTS = `((e.source = 'STRIPE' and (e.type like 'invoice.%' or e.type like 'customer.subscription.%')) or e.type = '${OBSERVED}')`;

/** A worker that records an event's facts leaves a delivery that says so. */
const WAS_RECORDED = `exists (select from delivery d where d.event_id = e.id and d.state in ('DONE', 'WAITING'))`;

/** No fact at all; or one that does not say what the event's type alone says, where no worker recorded it. */
const LACKS_ITS_FACT = `case
  when e.type like 'invoice.%' then e.stripe_invoice_id is not null and (i.id is null
    or (e.type in ('invoice.paid', 'invoice.payment_succeeded') and i.status <> 'paid' and not ${WAS_RECORDED}))
  else e.stripe_subscription_id is not null and (s.as_of_event_id is null
    or (e.type = 'customer.subscription.deleted' and not s.is_deleted and not ${WAS_RECORDED})) end`;

/**
 * Events of invoices that are known to be paid can lack nothing, and are most: they are left out before anything is looked up. Written so
 * that it is planned alike for ten keys and for a thousand: `<> all` over a parameter would be a search for each row, and a plain
 * join may be planned as a scan of all subscriptions.
 */
const LACKING_FACTS = `
  with e as materialized (
    select id, type, received_at, stripe_invoice_id, stripe_subscription_id from event e
    where (stripe_subscription_id = any($1::text[]) or stripe_customer_id = any($2::text[]) or stripe_invoice_id = any($3::text[]))
      and not exists (select from unnest($5::text[]) paid (id) where paid.id = stripe_invoice_id)
      and ${CARRIES_FACTS} and ${IS_DONE_WITH} and payload_erased_at is null)
  select e.id from e
    left join lateral (select id, status from invoice where id = e.stripe_invoice_id offset 0) i on true
    left join lateral (select as_of_event_id, is_deleted from subscription where id = e.stripe_subscription_id offset 0) s on true
  where ${LACKS_ITS_FACT}
  order by e.received_at, e.id`;

/** The stored events of these intents' subscriptions, customers and invoices that say what no fact says; ids, oldest first. */
export async function findEventsWithoutFacts(tx: Transaction, scope: Scope): Promise<string[]> {
  const subscriptions = [
    ...scope.subscriptions.map(({ id }) => id),
    ...scope.renewals.flatMap(({ givenSubscriptionId }) => givenSubscriptionId ?? []),
  ];
  const customers = scope.intents.flatMap(({ customerId }) => customerId ?? []);
  const invoices = scope.renewals.flatMap(({ invoiceId }) => invoiceId ?? []);
  const paid = scope.invoices.flatMap(({ id, status }) => (status === 'paid' ? [id] : []));
  const keys = [new Set(subscriptions), new Set(customers), new Set(invoices)].map((ids) => [...ids]);
  const rows = await tx.query<{ id: string }>(LACKING_FACTS, [...keys, IgnoredBecause.NO_HANDLER, paid]);
  return rows.map(({ id }) => id);
}

export interface Readings {
  readonly read: readonly EventRead[];
  /** Events that cannot be read, with the reason. */
  readonly failures: ReadonlyMap<string, unknown>;
}

/** Bodies are some kilobytes each: so many are held at once. */
const BODIES_AT_ONCE = 50;

/** What the built-in fact handlers read from the events of these ids; each fails alone. */
export async function readEventFacts(
  tx: Transaction,
  ids: readonly string[],
  reading: { readonly factHandlers: HandlerMap; readonly log: Logger },
): Promise<Readings> {
  const read: EventRead[] = [];
  const failures = new Map<string, unknown>();
  for (let start = 0; start < ids.length; start += BODIES_AT_ONCE) {
    const page = await readPage(tx, ids.slice(start, start + BODIES_AT_ONCE), reading);
    read.push(...page.read);
    for (const [id, failure] of page.failures) failures.set(id, failure);
  }
  return { read, failures };
}

async function readPage(
  tx: Transaction,
  ids: readonly string[],
  { factHandlers, log }: { readonly factHandlers: HandlerMap; readonly log: Logger },
): Promise<Readings> {
  const facts: ReadEvent[] = [];
  const failed: [string, unknown][] = [];
  for (const event of await readBodies(tx, ids)) {
    const runs = factHandlers.handlersFor(event.type).map((handler) => ({ handler, tries: 1 }));
    const { read, failures } = await readFacts(event, runs, log);
    if (read !== null) facts.push(read);
    for (const failure of failures.values()) failed.push([event.id, failure]);
  }
  const { read, failures } = readEvents(facts);
  return { read, failures: new Map([...failed, ...failures]) };
}

/** A body that was erased without a mark is passed over: it says nothing. */
function readBodies(tx: Transaction, ids: readonly string[]): Promise<StoredEvent[]> {
  return tx.query<StoredEvent>(
    `select ${STORED_EVENT} from ${EVENT_WITH_BODY} where e.id = any($1::text[]) and b.body is not null order by e.received_at, e.id`,
    [ids],
  );
}
