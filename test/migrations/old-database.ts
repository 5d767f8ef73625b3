import { readInvoice } from '@renewal-ledger/sdk';
import {
  anInvoice,
  aStripeEvent,
  aSubscription,
  type InvoiceSpec,
  type SubscriptionSpec,
} from '@renewal-ledger/sdk/testing';
import { ensurePartitions } from '../../src/events/partitions.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { insertRow } from '../support/rows.js';

/** The steps of the schema's history. */
export const LEDGER = '20261123000001_ledger';
export const COLUMNS = '20261123000002_renewal_invoice_and_date';
export const FILL = '20261123000003_fill_renewals';

/** A database as an older version left it. */
export async function openOldDatabase(step: string): Promise<TestDatabase> {
  const db = await openTestDatabase({ empty: true });
  await db.orm.migrator.up({ to: step });
  await ensurePartitions(db.sql, { months: 1 });
  return db;
}

interface EventSpec {
  readonly type?: string;
  readonly state?: string;
  readonly at?: string;
  readonly previous?: Readonly<Record<string, unknown>>;
  /** What was stored, where it is not the event as built. */
  readonly body?: Buffer;
}

/** A checkout intent of a customer of its own, and what is stored of it. */
export async function anOldCustomer(db: TestDatabase, name: string) {
  const [subscription, customer] = [`sub_${name}`, `cus_${name}`];
  const { id: intentId } = await insertRow(db, 'checkout_intent', {
    given_stripe_customer_id: customer,
    stripe_customer_id: customer,
  });
  let count = 0;
  const store = async (
    event: { id: string; type: string; created: number },
    spec: EventSpec & { invoice?: string },
  ) => {
    const { received_at: receivedAt } = await insertRow<{ received_at: Date }>(db, 'event', {
      id: event.id,
      type: event.type,
      state: spec.state ?? 'HANDLED',
      occurred_at: new Date(event.created * 1000),
      stripe_customer_id: customer,
      stripe_subscription_id: subscription,
      stripe_invoice_id: spec.invoice ?? null,
    });
    await db.sql(
      'insert into event_body (event_id, received_at, body) select id, received_at, $2 from event where id = $1',
      [event.id, spec.body ?? Buffer.from(JSON.stringify(event))],
    );
    return receivedAt;
  };
  return {
    intentId,
    subscription,
    customer,
    renewal: async (columns: Readonly<Record<string, unknown>> = {}): Promise<string> => {
      count += 1;
      const names = {
        checkout_intent_id: intentId,
        given_stripe_subscription_id: subscription,
        subscription_plan_renewal_id: `plan-renewal-${name}-${count}`,
      };
      return (await insertRow(db, 'renewal', { ...names, ...columns })).id;
    },
    /** The id of a checkout intent beside it. */
    stranger: async (): Promise<string> => (await insertRow(db, 'checkout_intent')).id,
    /** A stored event of an invoice; answers the invoice's id. */
    invoice: async (spec: InvoiceSpec = {}, event: EventSpec = {}): Promise<string> => {
      const invoice = anInvoice({ subscription, customer, ...spec });
      const id = readInvoice(invoice).id ?? '';
      const { type = 'invoice.paid', at } = event;
      await store(aStripeEvent(type, invoice, at === undefined ? {} : { created: at }), { ...event, invoice: id });
      return id;
    },
    subscribed: async (spec: SubscriptionSpec = {}, event: EventSpec = {}): Promise<void> => {
      const { type = 'customer.subscription.updated', at, previous } = event;
      const object = aSubscription({ id: subscription, customer, ...spec });
      const extra = {
        ...(at === undefined ? {} : { created: at }),
        ...(previous ? { previousAttributes: previous } : {}),
      };
      await store(aStripeEvent(type, object, extra), event);
    },
    rows: () =>
      db.sql<OldRow>(
        `select id, effective_date as date, stripe_invoice_id as invoice, linked_by as by, state
         from renewal where checkout_intent_id = $1 order by id`,
        [intentId],
      ),
  };
}

export type OldCustomer = Awaited<ReturnType<typeof anOldCustomer>>;

export interface OldRow {
  readonly id: string;
  readonly date: Date | null;
  readonly invoice: string | null;
  readonly by: string | null;
  readonly state: string;
}
