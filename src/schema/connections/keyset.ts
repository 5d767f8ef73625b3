import { sql, type RawBuilder } from 'kysely';
import { BackfillRecord } from '../../entities/backfill-record.entity.js';
import { Backfill } from '../../entities/backfill.entity.js';
import { CheckoutIntent } from '../../entities/checkout-intent.entity.js';
import { Event } from '../../entities/event.entity.js';
import { Invoice } from '../../entities/invoice.entity.js';
import { Renewal } from '../../entities/renewal.entity.js';
import { Subscription } from '../../entities/subscription.entity.js';
import { isRecordId } from '../ids.js';
import type { RawRow, Source } from '../rows.js';
import { readCursor, toCursor, type Place } from './cursor.js';

export type Condition = RawBuilder<unknown>;

/** How a list is ordered, newest first: by the time column where it has one, then by id. An index serves each. */
export interface Order {
  readonly table: string;
  readonly at: string | null;
  readonly idType: 'bigint' | 'text';
}

export type Keyset<Row extends object> = Order & Source<Row>;

export const keysets = {
  checkoutIntents: {
    entity: CheckoutIntent,
    table: 'checkout_intent',
    at: null,
    idType: 'bigint',
  } as Keyset<CheckoutIntent>,
  renewals: { entity: Renewal, table: 'renewal', at: null, idType: 'bigint' } as Keyset<Renewal>,
  subscriptions: {
    entity: Subscription,
    table: 'subscription',
    at: 'recorded_at',
    idType: 'text',
  } as Keyset<Subscription>,
  invoices: {
    entity: Invoice,
    table: 'invoice',
    without: ['lines', 'fetchedLines'],
    at: 'created_at',
    idType: 'text',
  } as Keyset<Invoice>,
  backfills: { entity: Backfill, table: 'backfill', at: null, idType: 'bigint' } as Keyset<Backfill>,
  backfillRecords: {
    entity: BackfillRecord,
    table: 'backfill_record',
    at: null,
    idType: 'bigint',
  } as Keyset<BackfillRecord>,
  events: { entity: Event, table: 'event', at: 'received_at', idType: 'text' } as Keyset<Event>,
};

/** The time of a row's key to the microsecond, for its cursor. */
export function timeOf({ table, at }: Order): Condition {
  return at === null ? sql`null` : sql`(extract(epoch from ${sql.ref(`${table}.${at}`)}) * 1000000)::bigint`;
}

export function orderOf({ table, at }: Order): Condition {
  const id = sql`${sql.ref(`${table}.id`)} desc`;
  return at === null ? id : sql`${sql.ref(`${table}.${at}`)} desc, ${id}`;
}

/** What comes after the cursor in that order; nothing to add without one. */
export function conditionsAfter(order: Order, cursor: string | null | undefined): Condition[] {
  if (cursor === null || cursor === undefined) return [];
  const { at, id } = readCursor(order.table, cursor, (place) => isKeyOf(order, place));
  const column = sql.ref(`${order.table}.id`);
  if (order.at === null) return [sql`${column} < ${id}::bigint`];
  const time = sql`timestamptz 'epoch' + ${at}::bigint * interval '1 microsecond'`;
  return [sql`(${sql.ref(`${order.table}.${order.at}`)}, ${column}) < (${time}, ${id}::text)`];
}

/** Of a row that was read with `timeOf` as `cursor_at`. */
export function cursorOf({ table }: Order, row: RawRow): string {
  const { cursor_at: at, id } = row as unknown as { readonly cursor_at: string | null; readonly id: string };
  return toCursor(table, { at, id });
}

function isKeyOf(order: Order, { at, id }: Place): boolean {
  return (at === null) === (order.at === null) && (order.idType === 'text' || isRecordId(id));
}
