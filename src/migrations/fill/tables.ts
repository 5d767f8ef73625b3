import type { Query } from '../online-migration.js';

/** The columns that the fill reads and writes; `bigint` ids as text. */
export const COLUMNS = {
  subscription:
    'id stripe_customer_id status cancel_at cancel_at_period_end ended_at trial_end current_period_start current_period_end created_at named_intent_uuid named_intent_id is_named_by_itself checkout_intent_id first_customer_id first_event_at first_event_id is_deleted as_of as_of_event_id',
  subscription_move: 'subscription_id event_id occurred_at position from_date to_date',
  invoice:
    'id stripe_subscription_id stripe_customer_id status billing_reason currency total amount_paid period_start period_end tolerance_seconds lines_verdict named_intent_uuid named_intent_id paid_at created_at as_of as_of_event_id outcome',
  new_invoice: 'invoice_period_start invoice_period_end lines are_lines_truncated',
  renewal:
    'id checkout_intent_id subscription_plan_renewal_id prior_subscription_plan_uuid renewed_subscription_plan_uuid given_stripe_subscription_id stripe_subscription_id given_date is_date_fixed effective_date stripe_invoice_id linked_by state processing_started_at processed_at canceled_by_hand is_canceled subscription_cancel_at',
} as const;

const INSTANTS = new Set(
  'cancel_at ended_at trial_end current_period_start current_period_end created_at first_event_at as_of occurred_at from_date to_date period_start period_end paid_at given_date effective_date processing_started_at processed_at subscription_cancel_at'.split(
    ' ',
  ),
);
const AMOUNTS = new Set(['total', 'amount_paid']);

type Readable = Exclude<keyof typeof COLUMNS, 'new_invoice'>;

export interface Condition {
  readonly where: string;
  readonly parameters: readonly unknown[];
}

/** Rows of a table: timestamps as instants, amounts as numbers. */
export async function readRows<Row>(query: Query, table: Readable, { where, parameters }: Condition): Promise<Row[]> {
  const columns = COLUMNS[table].replaceAll(' ', ', ');
  const rows = await query(`select ${columns} from "${table}" where ${where}`, parameters);
  for (const row of rows) {
    for (const [column, value] of Object.entries(row)) {
      if (value !== null && INSTANTS.has(column)) row[column] = new Date(value as string);
      if (value !== null && AMOUNTS.has(column)) row[column] = Number(value);
    }
  }
  return rows as Row[];
}

/** `insert into <table> (<columns>) select …` from rows that are the first parameter, as JSON. */
export function insertInto(table: Readable, columns: string): string {
  const names = columns.replaceAll(' ', ', ');
  return `insert into "${table}" (${names}) select ${names} from jsonb_populate_recordset(null::"${table}", $1::jsonb)`;
}

export const toJson = (rows: readonly object[]): string => JSON.stringify(rows);
