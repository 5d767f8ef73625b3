import type { IntentRecord, RenewalRecord, SubscriptionRecord } from './records.js';
import { isForeign } from './settle.js';

/** What a subscription plan downstream is to be. */
export interface PlanState {
  readonly planUuid: string;
  readonly isActive: boolean;
}

const ON = ['active', 'trialing'];
const OFF = ['past_due', 'unpaid', 'paused', 'canceled', 'incomplete_expired'];

/**
 * The plans of a subscription as its facts say: in good standing the renewed plan of its latest processed renewal is active and the earlier
 * ones are not; behind, paused or ended, none is. Empty, and so untouched, before the first processed renewal, under any other status,
 * and for another customer's subscription.
 */
export function plansOf(
  subscription: SubscriptionRecord,
  intent: IntentRecord | null,
  renewals: readonly RenewalRecord[],
): PlanState[] {
  const status = subscription.isDeleted ? 'canceled' : (subscription.status ?? '');
  const isOn = ON.includes(status);
  if ((!isOn && !OFF.includes(status)) || isForeign(intent, subscription)) return [];
  const processed = renewals
    .filter((renewal) => renewal.subscriptionId === subscription.id && renewal.processedAt !== null)
    .toSorted(compareRenewals);
  const latest = processed.at(-1)?.renewedSubscriptionPlanUuid ?? null;
  const plans = new Set(processed.flatMap(({ renewedSubscriptionPlanUuid }) => renewedSubscriptionPlanUuid ?? []));
  return [...plans].map((planUuid) => ({ planUuid, isActive: isOn && planUuid === latest }));
}

/** By the date that they take effect; those without one are the oldest. */
function compareRenewals(a: RenewalRecord, b: RenewalRecord): number {
  const byDate =
    (a.effectiveDate?.getTime() ?? Number.MIN_SAFE_INTEGER) - (b.effectiveDate?.getTime() ?? Number.MIN_SAFE_INTEGER);
  return byDate || (BigInt(a.id) < BigInt(b.id) ? -1 : 1);
}
