import type { Query } from '../online-migration.js';
import { compareInvoices, toInvoiceRow } from './invoice-facts.js';
import { readStored, type StoredEvent, type ToldSubscription } from './read-event.js';
import type { MoveRow, NewInvoiceRow, SubscriptionRow } from './rows.js';
import { emptySubscription, foldSubscription, withFirstCustomer } from './subscription-facts.js';

/** What stored events say of invoices and subscriptions of which no fact was kept. */
export interface NewFacts {
  readonly invoices: ReadonlyMap<string, NewInvoiceRow>;
  /** The rows that were given, and those that are new. */
  readonly subscriptions: ReadonlyMap<string, SubscriptionRow>;
  readonly moves: readonly MoveRow[];
}

/** Bodies are up to 1 MiB each, and read so many at a time. */
const PAGE = 50;

/** What nobody will handle any more. Events on their way are left to the workers: what those announce is news. */
const IS_DONE_WITH = `e.source = 'STRIPE' and (e.state in ('HANDLED', 'DEAD')
  or (e.state = 'IGNORED' and e.ignored_because = 'No handler takes events of this type.'))`;

const HAS_NO_FACT = `(
  (e.type like 'invoice.%' and e.stripe_invoice_id is not null
    and not exists (select from invoice i where i.id = e.stripe_invoice_id))
  or (e.type like 'customer.subscription.%' and e.stripe_subscription_id is not null
    and not exists (select from subscription s where s.id = e.stripe_subscription_id and s.as_of_event_id is not null)))`;

/** The subscriptions of these customers that events tell of and no fact. */
export async function findSubscriptions(query: Query, customers: readonly string[]): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `select distinct e.stripe_subscription_id as id from event e
     where e.stripe_customer_id = any($1::text[]) and e.stripe_subscription_id is not null and ${IS_DONE_WITH} and ${HAS_NO_FACT}`,
    [customers],
  );
  return rows.map(({ id }) => id);
}

export async function readNewFacts(
  query: Query,
  known: readonly SubscriptionRow[],
  keys: { readonly subscriptionIds: readonly string[]; readonly invoiceIds: readonly string[] },
): Promise<NewFacts> {
  const invoices = new Map<string, NewInvoiceRow>();
  const subscriptions = new Map(known.map((row) => [row.id, row]));
  const told: ToldSubscription[] = [];
  const mention = (id: string, change: (row: SubscriptionRow) => SubscriptionRow) =>
    subscriptions.set(id, change(subscriptions.get(id) ?? emptySubscription(id)));
  for await (const stored of eventsWithoutFacts(query, keys)) {
    const read = readStored(stored);
    if (read === null) continue;
    if ('invoice' in read) {
      const row = toInvoiceRow(read);
      const { stripe_subscription_id: id, stripe_customer_id: customer } = row;
      const current = invoices.get(row.id);
      if (current === undefined || compareInvoices(row, current) > 0) invoices.set(row.id, row);
      if (id !== null) mention(id, (was) => withFirstCustomer(was, read.event, customer));
    } else {
      told.push(read);
    }
  }
  const moves: MoveRow[] = [];
  for (const [id, events] of Map.groupBy(told, ({ subscription }) => subscription)) {
    mention(id, (row) => {
      const fold = foldSubscription(row, events);
      moves.push(...fold.moves);
      return events.reduce((was, { event, customer }) => withFirstCustomer(was, event, customer), fold.subscription);
    });
  }
  return { invoices: new Map([...invoices].filter(([, invoice]) => isWhole(invoice))), subscriptions, moves };
}

/** An invoice whose lines have to be fetched first is left to the service, which can. */
const isWhole = ({ lines_verdict: verdict }: NewInvoiceRow): boolean => verdict !== 'INCOMPLETE';

async function* eventsWithoutFacts(
  query: Query,
  {
    subscriptionIds,
    invoiceIds,
  }: { readonly subscriptionIds: readonly string[]; readonly invoiceIds: readonly string[] },
): AsyncGenerator<StoredEvent> {
  const listed = await query<{ id: string }>(
    `select e.id from event e
     where (e.stripe_subscription_id = any($1::text[]) or e.stripe_invoice_id = any($2::text[])) and ${IS_DONE_WITH} and ${HAS_NO_FACT}
     order by e.id`,
    [subscriptionIds, invoiceIds],
  );
  for (let at = 0; at < listed.length; at += PAGE) {
    yield* await query<StoredEvent>(
      `select e.id, e.type, e.received_at, b.body
       from event e join event_body b on b.event_id = e.id and b.received_at = e.received_at
       where e.id = any($1::text[])`,
      [listed.slice(at, at + PAGE).map(({ id }) => id)],
    );
  }
}
