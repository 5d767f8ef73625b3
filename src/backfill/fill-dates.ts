import { isLive } from '../ledger/eligibility.js';
import { isOfCustomer } from '../ledger/match.js';
import type { RenewalRecord } from '../ledger/records.js';
import type { Settlement } from '../ledger/settle.js';

export interface FoundDate {
  readonly givenDate: Date;
  /** The start of the renewal's own invoice is no expectation any more: no move carries it. */
  readonly isDateFixed: boolean;
  readonly reason: string;
}

/** Why a renewal cannot be filled. */
export interface Problem {
  readonly code: string;
  readonly reason: string;
  /** Two or more would fit, and nothing is guessed. */
  readonly isAmbiguous: boolean;
}

export interface Dates {
  readonly found: ReadonlyMap<string, FoundDate>;
  readonly problems: ReadonlyMap<string, Problem>;
}

/** By the renewal's id, the times that it had and that were taken from it again. */
export type RefusedDates = ReadonlyMap<string, readonly number[]>;

export const NO_DATES: Dates = { found: new Map(), problems: new Map() };

const missing = (code: string, reason: string): Problem => ({ code, reason, isAmbiguous: false });
const ambiguous = (code: string, reason: string): Problem => ({ code, reason, isAmbiguous: true });

const REFUSED_DATE = missing('REFUSED_DATE', 'The date that it would have was taken back before.');

/**
 * Dates for an intent's renewals that have none: with an invoice its period start; else, where the subscription has one dateless renewal
 * and exactly one period end that no other renewal has, that one. Pure.
 */
export function findDates(settlement: Settlement, refused: RefusedDates): Dates {
  const found = new Map<string, FoundDate>();
  const problems = new Map<string, Problem>();
  const dateless = settlement.renewals.filter(({ effectiveDate }) => effectiveDate === null);
  const linkedFirst = [...dateless.filter(hasInvoice), ...dateless.filter((renewal) => !hasInvoice(renewal))];
  for (const renewal of linkedFirst) {
    const dates = datesBeside(renewal, settlement, found);
    const answer = hasInvoice(renewal)
      ? dateOfInvoice(renewal, settlement, dates)
      : dateOfPeriodEnd(renewal, settlement, dates);
    if ('code' in answer) problems.set(renewal.id, answer);
    else if (refused.get(renewal.id)?.includes(answer.givenDate.getTime())) problems.set(renewal.id, REFUSED_DATE);
    else found.set(renewal.id, answer);
  }
  return { found, problems };
}

const hasInvoice = ({ invoiceId }: RenewalRecord): boolean => invoiceId !== null;

/** The times that the subscription's other renewals have, or have just been found to have. */
function datesBeside(
  renewal: RenewalRecord,
  { renewals }: Settlement,
  found: ReadonlyMap<string, FoundDate>,
): readonly number[] {
  const others = renewals.filter(
    ({ id, subscriptionId }) => id !== renewal.id && subscriptionId === renewal.subscriptionId,
  );
  const dates = others.map(({ id, effectiveDate }) => effectiveDate ?? found.get(id)?.givenDate);
  return dates.flatMap((date) => date?.getTime() ?? []);
}

function dateOfInvoice(
  renewal: RenewalRecord,
  { invoices }: Settlement,
  taken: readonly number[],
): FoundDate | Problem {
  const invoice = invoices.find(({ id }) => id === renewal.invoiceId);
  if (invoice === undefined) return missing('NO_FACTS', 'No stored event tells of its invoice.');
  if (invoice.periodStart === null) return missing('NO_PERIOD', 'Its invoice names no period that it charges for.');
  if (taken.includes(invoice.periodStart.getTime()))
    return ambiguous('DATE_TAKEN', 'Another renewal of its subscription has the date at which its invoice begins.');
  return { givenDate: invoice.periodStart, isDateFixed: true, reason: 'Dated by its invoice.' };
}

function dateOfPeriodEnd(
  renewal: RenewalRecord,
  settlement: Settlement,
  taken: readonly number[],
): FoundDate | Problem {
  const { group, renewals } = settlement;
  const { subscriptionId } = renewal;
  if (subscriptionId === null) return missing('NO_SUBSCRIPTION', 'Its checkout intent has no subscription.');
  if (renewal.givenSubscriptionId === null && group.subscriptions.length > 1)
    return ambiguous('SEVERAL_SUBSCRIPTIONS', 'Its checkout intent has several subscriptions, and it names none.');
  const rivals = renewals.filter(
    (other) => other.subscriptionId === subscriptionId && other.effectiveDate === null && !hasInvoice(other),
  );
  if (rivals.length > 1)
    return ambiguous('SEVERAL_RENEWALS', 'Several renewals of its subscription have neither an invoice nor a date.');
  const [end, ...more] = freePeriodEnds(subscriptionId, settlement, taken);
  if (end === undefined)
    return missing('NO_PERIOD_END', 'No invoice of its subscription ends a period without a renewal.');
  if (more.length > 0)
    return ambiguous('SEVERAL_PERIOD_ENDS', 'Several periods of its subscription end without a renewal.');
  return { givenDate: new Date(end), isDateFixed: false, reason: 'Dated by the end of the period before it.' };
}

/** A renewal that lies as near to a period's end as an invoice may lie to its renewal has that end, though by another clock. */
function freePeriodEnds(
  subscriptionId: string,
  { group, intent, invoices }: Settlement,
  taken: readonly number[],
): number[] {
  const subscription = group.subscriptions.find(({ id }) => id === subscriptionId) ?? null;
  const ends = invoices.flatMap((invoice): number[] => {
    const end = invoice.periodEnd?.getTime();
    const counts =
      invoice.subscriptionId === subscriptionId &&
      isLive(invoice) &&
      (intent === null || isOfCustomer(intent, invoice, subscription));
    if (!counts || end === undefined) return [];
    const tolerance = (invoice.toleranceSeconds ?? 0) * 1000;
    return taken.some((date) => Math.abs(date - end) <= tolerance) ? [] : [end];
  });
  return [...new Set(ends)];
}
