import type { HandlerMap } from '@renewal-ledger/sdk';
import type { Transaction } from '../database/transaction.js';
import type { ReadEvent } from '../events/fact-recorder.js';
import { readFacts } from '../events/fact-reading.js';
import { IgnoredBecause } from '../events/ignored.js';
import { EVENT_WITH_BODY, STORED_EVENT, type StoredEvent } from '../events/stored-event.js';
import type { Scope } from '../ledger/scope.js';
import type { Logger } from '../log.js';

/** Events that are still on their way are left to the workers: what they announce is news. */
const IS_DONE_WITH = `(e.state in ('HANDLED', 'DEAD') or (e.state = 'IGNORED' and e.ignored_because = $4))`;

const HAS_NO_FACT = `(
  (e.type like 'invoice.%' and e.stripe_invoice_id is not null
    and not exists (select from invoice i where i.id = e.stripe_invoice_id))
  or (e.type like 'customer.subscription.%' and e.stripe_subscription_id is not null
    and not exists (select from subscription s where s.id = e.stripe_subscription_id and s.as_of_event_id is not null)))`;

/** The stored events of these intents' subscriptions, customers and invoices whose invoice, or subscription, has no fact. */
export async function findEventsWithoutFacts(tx: Transaction, scope: Scope): Promise<StoredEvent[]> {
  const subscriptions = [
    ...scope.subscriptions.map(({ id }) => id),
    ...scope.renewals.flatMap(({ givenSubscriptionId }) => givenSubscriptionId ?? []),
  ];
  const customers = scope.intents.flatMap(({ customerId }) => customerId ?? []);
  const invoices = scope.renewals.flatMap(({ invoiceId }) => invoiceId ?? []);
  return tx.query<StoredEvent>(
    `select ${STORED_EVENT} from ${EVENT_WITH_BODY}
     where e.source = 'STRIPE' and b.body is not null and ${IS_DONE_WITH} and ${HAS_NO_FACT}
       and (e.stripe_subscription_id = any($1::text[]) or e.stripe_customer_id = any($2::text[]) or e.stripe_invoice_id = any($3::text[]))
     order by e.received_at, e.id`,
    [subscriptions, customers, invoices, IgnoredBecause.NO_HANDLER],
  );
}

export interface Readings {
  readonly read: readonly ReadEvent[];
  /** Events that cannot be read, with the reason. */
  readonly failures: ReadonlyMap<string, unknown>;
}

/** What the built-in fact handlers read from the events; each fails alone. */
export async function readEventFacts(
  events: readonly StoredEvent[],
  factHandlers: HandlerMap,
  log: Logger,
): Promise<Readings> {
  const read: ReadEvent[] = [];
  const failed = new Map<string, unknown>();
  for (const event of events) {
    const runs = factHandlers.handlersFor(event.type).map((handler) => ({ handler, tries: 1 }));
    const { read: facts, failures } = await readFacts(event, runs, log);
    if (facts !== null) read.push(facts);
    for (const failure of failures.values()) failed.set(event.id, failure);
  }
  return { read, failures: failed };
}
