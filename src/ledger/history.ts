import type { Changes } from '../entities/record-change.js';
import type { IntentRecord, RenewalRecord } from './records.js';

/** A change of a renewal, as written to `renewal_change`. */
export interface RenewalChangeRow {
  readonly id: string;
  /** Null: this change created it. */
  readonly before: RenewalRecord | null;
  readonly after: RenewalRecord;
  readonly by: string;
  readonly reason: string | null;
}

type History<T> = readonly (readonly [field: keyof T, name: string])[];

/** The fields that history tells, by the names that GraphQL has for them. */
export const RENEWAL_HISTORY: History<RenewalRecord> = [
  ['state', 'state'],
  ['priorSubscriptionPlanUuid', 'priorSubscriptionPlanUuid'],
  ['renewedSubscriptionPlanUuid', 'renewedSubscriptionPlanUuid'],
  ['subscriptionId', 'stripeSubscriptionId'],
  ['givenDate', 'givenDate'],
  ['effectiveDate', 'effectiveDate'],
  ['invoiceId', 'stripeInvoiceId'],
  ['linkedBy', 'linkedBy'],
  ['processedAt', 'processedAt'],
  ['canceledByHand', 'canceledByHand'],
  ['isCanceled', 'isCanceled'],
  ['subscriptionCancelAt', 'subscriptionCancelAt'],
];

export const INTENT_HISTORY: History<IntentRecord> = [
  ['state', 'state'],
  ['customerId', 'stripeCustomerId'],
  ['enterpriseName', 'enterpriseName'],
  ['enterpriseSlug', 'enterpriseSlug'],
  ['enterpriseUuid', 'enterpriseUuid'],
  ['quantity', 'quantity'],
];

/** What history has to tell of the difference; empty where there is none. `before` is null of what was just created. */
export function changesBetween<T extends object>(history: History<T>, before: T | null, after: T): Changes {
  const changes: Record<string, [unknown, unknown]> = {};
  for (const [field, name] of history) {
    const old = before === null ? null : before[field];
    if (!isSame(old, after[field])) changes[name] = [toJson(old), toJson(after[field])];
  }
  return changes;
}

/** True where any column differs, told in history or not. */
export function differs<T extends object>(before: T, after: T): boolean {
  for (const field in after) if (!isSame(before[field], after[field])) return true;
  return false;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a instanceof Date && b instanceof Date && a.getTime() === b.getTime());
}

function toJson(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}
