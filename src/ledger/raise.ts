import { hash } from 'node:crypto';
import type { LedgerIds } from '@renewal-ledger/sdk';
import { type Row, toUnnest } from '../database/bulk.js';
import type { Transaction } from '../database/transaction.js';
import { EventSource, EventState } from '../entities/states.js';
import type { Announcer } from './announcer.js';

/** Why a backfill's events are stored and handled by nobody: old money is no news. `replayEvents` can release them. */
export const HELD_BACK = 'Held back: found by a backfill or an import that was not told to announce.';

/** It is no news: it has the service fetch what a fact lacks. */
const WANTS_LINES = 'invoice.truncated';

/** An event to raise: the ledger's own, or one that a handler emits. Ids in `object` that are named as in `LedgerIds` become columns. */
export interface RaisedEvent {
  readonly type: string;
  readonly key: string;
  readonly object: object;
}

export interface RaiseOptions {
  readonly announcer: Announcer;
  readonly now: Date;
  /** False: stored as IGNORED, so that nothing can raise it later. */
  readonly announce: boolean;
}

const TEXT_ID = /^[^\0]{1,255}$/;
const DECIMAL_ID = /^\d{1,18}$/;

const COLUMNS = {
  id: 'text',
  type: 'text',
  source: 'text',
  state: 'text',
  ignored_because: 'text',
  occurred_at: 'timestamptz',
  stripe_customer_id: 'text',
  stripe_subscription_id: 'text',
  stripe_invoice_id: 'text',
  checkout_intent_id: 'bigint',
  body: 'bytea',
  body_hash: 'bytea',
} as const;
type EventRow = Row<typeof COLUMNS> & { readonly id: string };

/**
 * Stores events of the ledger, each once by its id `<type>:<key>`, and wakes a worker for those that somebody handles, all in the
 * caller's transaction. An event that is there already stays as it is.
 */
export async function raise(
  tx: Transaction,
  announcements: readonly RaisedEvent[],
  options: RaiseOptions,
): Promise<void> {
  if (announcements.length === 0) return;
  // One batch can give the same reason twice: two invoices that carry the same bad metadata.
  const unique = new Map(announcements.toReversed().map((announcement) => [idOf(announcement), announcement]));
  const rows = [...unique.values()]
    .map((announcement) => toRow(announcement, options))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const { source, parameters } = toUnnest(rows, COLUMNS);
  const born = await tx.query<{ id: string; state: EventState; lane: string }>(
    `with v as (select * from ${source}),
     born as (
       insert into event (id, type, source, state, ignored_because, occurred_at, stripe_customer_id, stripe_subscription_id, stripe_invoice_id, checkout_intent_id, body_hash)
       select id, type, source, state, ignored_because, occurred_at, stripe_customer_id, stripe_subscription_id, stripe_invoice_id, checkout_intent_id, body_hash
       from v order by id on conflict (id) do nothing
       returning id, state, received_at, coalesce(stripe_subscription_id, checkout_intent_id::text, id) as lane),
     bodies as (
       insert into event_body (event_id, received_at, body)
       select born.id, born.received_at, v.body from born join v on v.id = born.id)
     select id, state, lane from born`,
    parameters,
  );
  await options.announcer.wake(
    tx,
    born.filter(({ state }) => state === EventState.PENDING),
  );
}

function idOf({ type, key }: RaisedEvent): string {
  return `${type}:${key}`;
}

function toRow(event: RaisedEvent, { announcer, now, announce }: RaiseOptions): EventRow {
  const { type, object } = event;
  const id = idOf(event);
  const created = Math.floor(now.getTime() / 1000);
  const body = Buffer.from(JSON.stringify({ id, object: 'event', type, created, data: { object } }));
  const isToldAnyhow = announce || type === WANTS_LINES;
  const route = isToldAnyhow ? announcer.routeOf(type) : { state: EventState.IGNORED, ignoredBecause: HELD_BACK };
  return {
    id,
    type,
    source: EventSource.LEDGER,
    state: route.state,
    ignored_because: route.ignoredBecause,
    occurred_at: now,
    stripe_customer_id: idIn(object, 'stripeCustomerId'),
    stripe_subscription_id: idIn(object, 'stripeSubscriptionId'),
    stripe_invoice_id: idIn(object, 'stripeInvoiceId'),
    checkout_intent_id: idIn(object, 'checkoutIntentId', DECIMAL_ID),
    body,
    body_hash: hash('sha256', body, 'buffer'),
  };
}

/**
 * An id in the payload that becomes a column. A handler's own event may hold anything under the names of ids: what cannot be such an id
 * stands in the payload alone.
 */
function idIn(object: object, field: keyof LedgerIds, shape: RegExp = TEXT_ID): string | null {
  const value = (object as Partial<Record<keyof LedgerIds, unknown>>)[field];
  return typeof value === 'string' && shape.test(value) ? value : null;
}
