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
  readonly dates: Dates;
  /** The intents whose turn it is. Renewals of others, which settling touched too, are told only where they changed. */
  readonly turn: ReadonlySet<string>;
  /** A dry run has told of the others in their own turn, and has not changed them. */
  readonly tellsOthers: boolean;
  readonly now: Date;
}

/** True of a renewal that a backfill is for. */
export const lacks = ({ effectiveDate, invoiceId }: RenewalRecord): boolean =>
  effectiveDate === null || invoiceId === null;

/** What changed, and what is still missing, each with its reason. Pure. */
export function tellResults(outcome: Outcome): Results {
  const before = new Map(outcome.before.map((renewal) => [renewal.id, renewal]));
  const told = outcome.settlements.flatMap((settlement) =>
    settlement.renewals.flatMap((after) => {
      const was = before.get(after.id);
      const isTurn = outcome.turn.has(after.intentId);
      if (was === undefined || !(isTurn || outcome.tellsOthers)) return [];
      const examined = lacks(was) && isTurn;
      const problem = examined && lacks(after) ? problemOf(after, settlement, outcome) : null;
      return [{ was, after, examined, problem, change: changeOf(was, after, outcome.dates) }];
    }),
  );
  const count = (holds: (one: (typeof told)[number]) => boolean): number => told.filter(holds).length;
  return {
    counts: {
      examined: count(({ examined }) => examined),
      linked: count(({ was, after }) => was.invoiceId === null && after.invoiceId !== null),
      dated: count(({ was, after }) => was.effectiveDate === null && after.effectiveDate !== null),
      skipped: count(({ problem }) => problem?.isAmbiguous === false),
      ambiguous: count(({ problem }) => problem?.isAmbiguous === true),
    },
    records: told.flatMap(({ after, change, problem }) => [
      ...(change === null ? [] : [change]),
      ...(problem === null ? [] : [{ recordId: after.id, changes: null, code: problem.code, reason: problem.reason }]),
    ]),
  };
}

function changeOf(was: RenewalRecord, after: RenewalRecord, dates: Dates): BackfillRecordRow | null {
  const changes = changesBetween(RENEWAL_HISTORY, was, after);
  if (Object.keys(changes).length === 0) return null;
  const reason = dates.found.get(after.id)?.reason ?? 'Settled by the rules of matching.';
  return { recordId: after.id, changes, code: null, reason };
}

function problemOf(after: RenewalRecord, settlement: Settlement, { dates, now }: Outcome): Problem {
  const ofDate = after.effectiveDate === null ? dates.problems.get(after.id) : undefined;
  return ofDate ?? problemOfLink(after, settlement, now);
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
