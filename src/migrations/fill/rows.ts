/** Rows as the fill reads and writes them, named as their columns; timestamps are instants, ids text. */
export interface IntentRow {
  readonly id: string;
  readonly uuid: string;
  /** The given customer, else the one that it has come to. */
  readonly stripe_customer_id: string | null;
}

export interface Named {
  readonly named_intent_uuid: string | null;
  readonly named_intent_id: string | null;
}

export interface SubscriptionRow extends Named {
  readonly id: string;
  readonly stripe_customer_id: string | null;
  readonly status: string | null;
  readonly cancel_at: Date | null;
  readonly cancel_at_period_end: boolean | null;
  readonly ended_at: Date | null;
  readonly trial_end: Date | null;
  readonly current_period_start: Date | null;
  readonly current_period_end: Date | null;
  readonly created_at: Date | null;
  readonly is_named_by_itself: boolean;
  readonly checkout_intent_id: string | null;
  readonly first_customer_id: string | null;
  readonly first_event_at: Date | null;
  readonly first_event_id: string | null;
  readonly is_deleted: boolean;
  readonly as_of: Date | null;
  readonly as_of_event_id: string | null;
}

export interface MoveRow {
  readonly subscription_id: string;
  readonly event_id: string;
  readonly occurred_at: Date | null;
  readonly position: number;
  readonly from_date: Date;
  readonly to_date: Date;
}

export interface InvoiceRow extends Named {
  readonly id: string;
  readonly stripe_subscription_id: string | null;
  readonly stripe_customer_id: string | null;
  readonly status: string;
  readonly billing_reason: string | null;
  readonly currency: string | null;
  readonly total: number | null;
  readonly amount_paid: number | null;
  readonly period_start: Date | null;
  readonly period_end: Date | null;
  readonly tolerance_seconds: number | null;
  readonly lines_verdict: string;
  readonly paid_at: Date | null;
  readonly created_at: Date;
  readonly as_of: Date | null;
  readonly as_of_event_id: string;
  readonly outcome: string | null;
}

/** An invoice of which no fact was kept, with all that its row needs. */
export interface NewInvoiceRow extends InvoiceRow {
  readonly invoice_period_start: Date | null;
  readonly invoice_period_end: Date | null;
  readonly lines: readonly object[];
  readonly are_lines_truncated: boolean;
}

export interface RenewalRow {
  readonly id: string;
  readonly checkout_intent_id: string;
  readonly subscription_plan_renewal_id: string;
  readonly prior_subscription_plan_uuid: string | null;
  readonly renewed_subscription_plan_uuid: string | null;
  readonly given_stripe_subscription_id: string | null;
  readonly stripe_subscription_id: string | null;
  readonly given_date: Date | null;
  readonly is_date_fixed: boolean;
  readonly effective_date: Date | null;
  readonly stripe_invoice_id: string | null;
  readonly linked_by: string | null;
  readonly state: string;
  readonly processing_started_at: Date | null;
  readonly processed_at: Date | null;
  readonly canceled_by_hand: boolean;
  readonly is_canceled: boolean;
  readonly subscription_cancel_at: Date | null;
}

/** One checkout intent with everything that its renewals' dates and invoices follow from. */
export interface Group {
  readonly intent: IntentRow;
  readonly subscriptions: readonly SubscriptionRow[];
  readonly moves: readonly MoveRow[];
  readonly invoices: readonly InvoiceRow[];
  readonly renewals: readonly RenewalRow[];
  /** Links that were taken back, as `<renewal>:<invoice>`. */
  readonly refused: ReadonlySet<string>;
}

export const DAY = 86_400_000;

export const timeOf = (instant: Date | null): number => instant?.getTime() ?? Number.MIN_SAFE_INTEGER;

export const toInstant = (seconds: number | null): Date | null => (seconds === null ? null : new Date(seconds * 1000));

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
