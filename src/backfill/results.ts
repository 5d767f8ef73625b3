import type { Changes } from '../entities/record-change.js';
import { changesBetween, RENEWAL_HISTORY } from '../ledger/history.js';
import type { RenewalRecord } from '../ledger/records.js';
import type { Settlement } from '../ledger/settle.js';
import type { Dates, Problem } from './fill-dates.js';

/** A row of `backfill_record`: a change, or with a `code` a problem. */
export interface BackfillRecordRow {
  readonly recordId: string;
  readonly changes: Changes | null;
  readonly code: string | null;
  readonly reason: string;
}

/** What a batch did, to be added to its run. */
export interface Results {
  readonly counts: Readonly<Partial<Record<Count, number>>>;
  readonly records: readonly BackfillRecordRow[];
}

export type Count = 'examined' | 'linked' | 'dated' | 'skipped' | 'ambiguous' | 'failed' | 'stored';

export interface Outcome {
  readonly before: readonly RenewalRecord[];
  readonly settlements: readonly Settlement[];
  readonly dates: readonly Dates[];
  /** Renewals of other intents, which settling touched too, are told only where they changed. */
  readonly intentIds: readonly string[];
  readonly now: Date;
}

/** True of a renewal that a backfill is for. */
export const lacks = ({ effectiveDate, invoiceId }: RenewalRecord): boolean =>
  effectiveDate === null || invoiceId === null;

/** What changed, and what is still missing, each with its reason. Pure. */
export function tellResults({ before, settlements, dates, intentIds, now }: Outcome): Results {
  const old = new Map(before.map((renewal) => [renewal.id, renewal]));
  const counts = { examined: 0, linked: 0, dated: 0, skipped: 0, ambiguous: 0 };
  const records: BackfillRecordRow[] = [];
  for (const settlement of settlements) {
    for (const after of settlement.renewals) {
      const was = old.get(after.id);
      if (was === undefined) continue;
      const found = dates.flatMap((all) => all.found.get(after.id) ?? [])[0];
      const changes = changesBetween(RENEWAL_HISTORY, was, after);
      if (was.invoiceId === null && after.invoiceId !== null) counts.linked += 1;
      if (was.effectiveDate === null && after.effectiveDate !== null) counts.dated += 1;
      if (Object.keys(changes).length > 0)
        records.push({
          recordId: after.id,
          changes,
          code: null,
          reason: found?.reason ?? 'Settled by the rules of matching.',
        });
      if (!lacks(was) || !intentIds.includes(after.intentId)) continue;
      counts.examined += 1;
      if (!lacks(after)) continue;
      const known = dates.flatMap((all) => all.problems.get(after.id) ?? [])[0];
      const problem =
        after.effectiveDate === null && known !== undefined ? known : problemOfLink(after, settlement, now);
      counts[problem.isAmbiguous ? 'ambiguous' : 'skipped'] += 1;
      records.push({ recordId: after.id, changes: null, code: problem.code, reason: problem.reason });
    }
  }
  return { counts, records };
}

/** Verdicts in the order in which they tell most; of several invoices, the first of these is the reason. */
const TELLING = [
  'TIE',
  'REFUSED_PAIR',
  'CANCELED',
  'OTHER_CUSTOMER',
  'SUBSCRIPTION_ENDED',
  'NOT_NEAREST',
  'NO_DATE',
  'OUT_OF_TOLERANCE',
];

function problemOfLink(renewal: RenewalRecord, settlement: Settlement, now: Date): Problem {
  const [best] = [...settlement.matches.values()]
    .flatMap(({ candidates }) => candidates)
    .filter(({ renewalId, code }) => renewalId === renewal.id && TELLING.includes(code))
    .toSorted(
      (a, b) =>
        TELLING.indexOf(a.code) - TELLING.indexOf(b.code) || (a.distanceSeconds ?? 0) - (b.distanceSeconds ?? 0),
    );
  if (best?.code === 'TIE') return { code: best.code, reason: best.reason, isAmbiguous: true };
  if (renewal.effectiveDate !== null && renewal.effectiveDate > now)
    return { code: 'NOT_DUE', reason: 'Its date has not come, and no invoice has.', isAmbiguous: false };
  if (best !== undefined) return { code: best.code, reason: best.reason, isAmbiguous: false };
  return { code: 'NO_INVOICE', reason: 'No invoice of its subscription can pay for a renewal.', isAmbiguous: false };
}
