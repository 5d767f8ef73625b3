import type { EntityName } from '@mikro-orm/core';
import { sql, type RawBuilder } from 'kysely';
import { CheckoutIntent } from '../../entities/checkout-intent.entity.js';
import { Event } from '../../entities/event.entity.js';
import { Invoice } from '../../entities/invoice.entity.js';
import { Renewal } from '../../entities/renewal.entity.js';
import { Subscription } from '../../entities/subscription.entity.js';
import { isRecordId } from '../ids.js';
import { readCursor, toCursor, type Place } from './cursor.js';

export type Condition = RawBuilder<unknown>;

/** How a list is ordered, newest first: by the time column where it has one, then by id. An index serves each. */
export interface Order {
  readonly table: string;
  readonly at: string | null;
  readonly idType: 'bigint' | 'text';
}

export interface Keyset<Row extends object> extends Order {
  readonly entity: EntityName<Row>;
}

export const keysets = {
  checkoutIntents: { entity: CheckoutIntent, table: 'checkout_intent', at: null, idType: 'bigint' } as Keyset<CheckoutIntent>,
  renewals: { entity: Renewal, table: 'renewal', at: null, idType: 'bigint' } as Keyset<Renewal>,
  subscriptions: { entity: Subscription, table: 'subscription', at: 'recorded_at', idType: 'text' } as Keyset<Subscription>,
  invoices: { entity: Invoice, table: 'invoice', at: 'created_at', idType: 'text' } as Keyset<Invoice>,
  events: { entity: Event, table: 'event', at: 'received_at', idType: 'text' } as Keyset<Event>,
};

/** Its columns, and the time that its cursor needs: `cursor_at`. */
export function columnsOf({ table, at }: Order): Condition {
  const all = sql`${sql.table(table)}.*`;
  return at === null ? all : sql`${all}, (extract(epoch from ${sql.ref(`${table}.${at}`)}) * 1000000)::bigint as cursor_at`;
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

/** A row that was read by `columnsOf`: the database answers bigints as text. */
export function cursorOf({ table }: Order, row: Readonly<Record<string, unknown>>): string {
  const { cursor_at: at = null, id } = row as { readonly cursor_at?: string; readonly id: string };
  return toCursor(table, { at, id });
}

function isKeyOf(order: Order, { at, id }: Place): boolean {
  return (at === null) === (order.at === null) && (order.idType === 'text' || isRecordId(id));
}
