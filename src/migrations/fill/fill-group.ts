import { findDates } from './find-dates.js';
import type { Group, RenewalRow } from './rows.js';
import { settle } from './settle.js';

export interface RenewalChange {
  readonly before: RenewalRow;
  readonly after: RenewalRow;
  readonly reason: string;
}

export interface Filled {
  readonly changes: readonly RenewalChange[];
  /** What became of every invoice of the group. */
  readonly outcomes: ReadonlyMap<string, string>;
}

/** The dates and links that can be found for an intent's renewals, and what they come to. Pure. */
export function fillGroup(group: Group): Filled {
  const found = findDates(group, settle(group));
  const dated = group.renewals.map((renewal): RenewalRow => {
    const date = found.get(renewal.id);
    if (date === undefined) return renewal;
    return { ...renewal, given_date: date.given_date, is_date_fixed: date.is_date_fixed };
  });
  const { renewals, outcomes } = settle({ ...group, renewals: dated });
  const changes = renewals.flatMap((after, index): RenewalChange[] => {
    const before = group.renewals[index];
    if (before === undefined || JSON.stringify(before) === JSON.stringify(after)) return [];
    return [{ before, after, reason: found.get(after.id)?.reason ?? 'Settled by the rules of matching.' }];
  });
  return { changes, outcomes };
}
