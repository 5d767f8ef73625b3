import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { pino } from 'pino';
import { type Backfills, createBackfills, type StartBackfill } from '../../src/backfill/backfills.js';
import type { LinkOptions } from '../../src/backfill/link-batch.js';
import { runRenewalLinks } from '../../src/backfill/link-run.js';
import { systemClock } from '../../src/clock.js';
import { BackfillKind } from '../../src/entities/states.js';
import { createFactHandlers } from '../../src/handlers/built-in.js';
import type { TestDatabase } from './database.js';

/** Backfills of links and dates over a test's database: what a worker would do is called by the test. */
export interface LinkBackfills extends Backfills {
  readonly options: LinkOptions;
  /** Starts a run of everything, and answers its id. */
  begin(input?: Partial<StartBackfill>): Promise<string>;
  /** Works on a run until it is at its end. */
  work(id: string): Promise<void>;
  /** Both, and what came of it. */
  run(input?: Partial<StartBackfill>): Promise<BackfillOutcome>;
  outcome(id: string): Promise<BackfillOutcome>;
}

export interface BackfillOutcome {
  readonly id: string;
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
  /** In the order of the records' ids. */
  readonly changes: readonly { readonly recordId: string; readonly changes: object; readonly reason: string }[];
  readonly problems: readonly { readonly recordId: string; readonly code: string }[];
}

const none = async (): Promise<void> => undefined;
const announcer: LinkOptions['announcer'] = {
  routeOf: () => ({ state: 'PENDING', ignoredBecause: null }),
  wake: none,
  signal: none,
};

export function openLinkBackfills(db: TestDatabase): LinkBackfills {
  const log = pino({ level: 'silent' });
  const options = { em: db.orm.em, announcer, clock: systemClock, factHandlers: createFactHandlers(), log };
  const backfills = createBackfills({ ...options, send: none });
  const begin: LinkBackfills['begin'] = (input = {}) =>
    backfills.start({ kind: BackfillKind.RENEWAL_LINKS, dryRun: false, ...input }, 'tests');
  const work = (id: string) => runRenewalLinks(options, id, new AbortController().signal);
  const outcome = (id: string) => readOutcome(db, id);
  return {
    ...backfills,
    options,
    begin,
    work,
    outcome,
    async run(input) {
      const id = await begin(input);
      await work(id);
      return outcome(id);
    },
  };
}

async function readOutcome(db: TestDatabase, id: string): Promise<BackfillOutcome> {
  const [run] = await db.sql('select * from backfill where id = $1', [id]);
  const records = await db.sql<{ recordId: string; changes: object | null; code: string; reason: string }>(
    `select record_id as "recordId", changes, code, reason from backfill_record where backfill_id = $1 order by record_id, id`,
    [id],
  );
  const names = ['total', 'examined', 'linked', 'dated', 'skipped', 'ambiguous', 'failed'];
  return {
    id,
    state: String(run?.['state']),
    counts: Object.fromEntries(names.map((name) => [name, Number(run?.[name])])),
    changes: records.flatMap(({ recordId, changes, reason }) =>
      changes === null ? [] : [{ recordId, changes, reason }],
    ),
    problems: records.flatMap(({ recordId, changes, code }) => (changes === null ? [{ recordId, code }] : [])),
  };
}

/** An old customer with an id of its own: an intent, and what an older system left of it without any rule having seen it. */
export interface OldCustomer {
  readonly intentId: string;
  readonly subscription: string;
  readonly customer: string;
  renewal(columns?: {
    readonly date?: string;
    readonly invoice?: string;
    readonly subscription?: string | null;
  }): Promise<string>;
  /** An event that is stored and done with, and of which there are no facts. Answers its id. */
  stored(spec: InvoiceSpec, given?: { readonly type?: string; readonly body?: string }): Promise<string>;
}

let lastNumber = 0;

export async function anOldCustomer(db: TestDatabase, { knowsCustomer = true } = {}): Promise<OldCustomer> {
  const number = String((lastNumber += 1)).padStart(12, '0');
  const [uuid, customer, subscription] = [`00000000-0000-4000-8000-${number}`, `cus_${number}`, `sub_${number}`];
  const [row] = await db.sql<{ id: string }>(
    'insert into checkout_intent (uuid, given_stripe_customer_id, stripe_customer_id) values ($1, $2, $2) returning id',
    [uuid, knowsCustomer ? customer : null],
  );
  const intentId = row?.id ?? '';
  return {
    intentId,
    subscription,
    customer,
    async renewal({ date = null, invoice = null, subscription: given = subscription } = {}) {
      const [renewal] = await db.sql<{ id: string }>(
        `insert into renewal (checkout_intent_id, subscription_plan_renewal_id, given_stripe_subscription_id, given_date, effective_date, stripe_invoice_id, linked_by)
         values ($1, gen_random_uuid(), $2, $3::timestamptz, $3::timestamptz, $4, case when $4::text is null then null else 'IMPORT' end) returning id`,
        [intentId, given, date, invoice],
      );
      return renewal?.id ?? '';
    },
    async stored(spec, { type = 'invoice.paid', body } = {}) {
      const invoice = { customer, subscription, metadata: { checkout_intent_uuid: uuid }, ...spec };
      const event = aStripeEvent(type, anInvoice(invoice), { id: `evt_${number}_${(lastNumber += 1)}` });
      await db.sql(
        `with e as (insert into event (id, type, source, state, occurred_at, stripe_customer_id, stripe_subscription_id, stripe_invoice_id, body_hash)
           values ($1, $2, 'STRIPE', 'HANDLED', now(), $3, $4, $5, '') returning id, received_at)
         insert into event_body (event_id, received_at, body) select id, received_at, $6 from e`,
        [event.id, type, invoice.customer, invoice.subscription, spec.id, Buffer.from(body ?? JSON.stringify(event))],
      );
      return event.id;
    },
  };
}
