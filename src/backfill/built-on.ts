import type { Transaction } from '../database/transaction.js';
import { HELD_BACK } from '../ledger/raise.js';
import type { Undoing } from './undo.js';

/** Renewals, by id, on which somebody has built since a backfill filled them. */
export interface BuiltOn {
  /** Of which something was raised and not held back. */
  readonly consequences: ReadonlySet<string>;
  /** Whose invoice, or whose date, was changed again, even back to the same. */
  readonly links: ReadonlySet<string>;
  readonly dates: ReadonlySet<string>;
}

interface Later {
  readonly id: string;
  readonly hasNews: boolean;
  readonly hasNewLink: boolean;
  readonly hasNewDate: boolean;
}

/** An event of the ledger names in its id the change, or the renewal, that it follows from. */
export async function readBuiltOn(
  tx: Transaction,
  undoing: Pick<Undoing, 'id'>,
  rows: readonly { readonly recordId: string }[],
): Promise<BuiltOn> {
  const found = await tx.query<Later>(
    `with own as (
       select renewal_id, min(id) as first, max(id) as last from renewal_change
       where renewal_id = any($1::bigint[]) and by = $2 group by renewal_id),
     since as (
       select c.*, own.last from own join renewal_change c on c.renewal_id = own.renewal_id and c.id >= own.first),
     news as (
       select renewal_id, type || ':' || id as event_id from since, unnest(array['renewal.linked', 'renewal.unlinked', 'renewal.rescheduled']) type
       union all select r.id, 'renewal.processed:' || r.id from own join renewal r on r.id = own.renewal_id
       union all select r.id, 'renewal.paid:' || r.id || ':' || r.stripe_invoice_id from own join renewal r on r.id = own.renewal_id)
     select renewal_id as id, true as "hasNews", false as "hasNewLink", false as "hasNewDate"
       from news join event e on e.id = news.event_id where e.ignored_because is distinct from $3
     union all select renewal_id, false, changes ? 'stripeInvoiceId', changes ? 'givenDate'
       from since where id > last and changes ?| array['stripeInvoiceId', 'givenDate']`,
    [rows.map(({ recordId }) => recordId), `backfill:${undoing.id}`, HELD_BACK],
  );
  const idsWhere = (holds: (later: Later) => boolean) => new Set(found.filter(holds).map(({ id }) => id));
  return {
    consequences: idsWhere(({ hasNews }) => hasNews),
    links: idsWhere(({ hasNewLink }) => hasNewLink),
    dates: idsWhere(({ hasNewDate }) => hasNewDate),
  };
}
