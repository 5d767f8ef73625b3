import { LinkedBy } from '../entities/states.js';
import type { Candidate } from './match.js';
import { type InvoiceRecord, MatchOutcome, type RenewalRecord } from './records.js';
import type { Settlement } from './settle.js';

/** Why an invoice is, or is not, linked to a renewal. */
export interface Explanation {
  readonly invoiceId: string;
  readonly outcome: MatchOutcome;
  /** The invoice's verdict: ELIGIBLE, PRORATION_ONLY and the like (docs/matching.md). */
  readonly code: string;
  readonly reason: string;
  readonly periodStart: Date | null;
  /** The renewal that it is linked to; on a conflict, the one that it wants. */
  readonly renewalId: string | null;
  readonly candidates: readonly ExplainedCandidate[];
}

export interface ExplainedCandidate {
  readonly renewalId: string;
  readonly accepted: boolean;
  readonly code: string;
  readonly reason: string;
  readonly distanceSeconds: number | null;
}

/** Tells what the settlement that holds the invoice decided of it. */
export function explain(invoice: InvoiceRecord, settlement: Settlement): Explanation {
  const found = settlement.matches.get(invoice.id);
  const outcome = settlement.links.outcomes.get(invoice.id) ?? MatchOutcome.NO_RENEWAL;
  const holder = settlement.renewals.find(({ invoiceId }) => invoiceId === invoice.id);
  const wanted = settlement.renewals.find(({ id }) => id === found?.wants?.renewalId);
  const byPerson = holder?.linkedBy === LinkedBy.PERSON || holder?.linkedBy === LinkedBy.IMPORT;
  return {
    invoiceId: invoice.id,
    outcome,
    code: byPerson ? 'LINKED_BY_PERSON' : (found?.eligibility.code ?? 'NO_SUBSCRIPTION'),
    reason: reasonOf(outcome, { eligibility: found?.eligibility.reason ?? '', holder, wanted, byPerson }),
    periodStart: invoice.periodStart,
    renewalId: (outcome === MatchOutcome.CONFLICT ? wanted : holder)?.id ?? null,
    candidates: (found?.candidates ?? []).map((candidate) => explainCandidate(candidate, invoice, settlement)),
  };
}

interface Reasons {
  readonly eligibility: string;
  readonly holder: RenewalRecord | undefined;
  readonly wanted: RenewalRecord | undefined;
  readonly byPerson: boolean;
}

function reasonOf(outcome: MatchOutcome, { eligibility, holder, wanted, byPerson }: Reasons): string {
  if (outcome === MatchOutcome.LINKED) {
    const who = byPerson
      ? 'by name: the rules had no say'
      : 'by the rules: it is the nearest renewal within the tolerance';
    return `It is linked to renewal ${holder?.id ?? ''}, ${who}.`;
  }
  if (outcome === MatchOutcome.CONFLICT)
    return `It wants renewal ${wanted?.id ?? ''}, which is linked to invoice ${wanted?.invoiceId ?? ''}.`;
  if (outcome === MatchOutcome.AMBIGUOUS)
    return 'Two renewals are equally near to its period start; nothing is guessed.';
  if (outcome === MatchOutcome.NO_RENEWAL)
    return 'It can pay for a renewal, and no renewal of its subscription and customer lies near enough to its period start.';
  return eligibility;
}

function explainCandidate(candidate: Candidate, invoice: InvoiceRecord, settlement: Settlement): ExplainedCandidate {
  const holder = settlement.renewals.find(({ id }) => id === candidate.renewalId)?.invoiceId ?? null;
  const isTaken = candidate.code === 'ACCEPTED' && holder !== null && holder !== invoice.id;
  const verdict = isTaken ? { ...candidate, code: 'TAKEN', reason: `It is linked to invoice ${holder}.` } : candidate;
  return { ...verdict, accepted: verdict.code === 'ACCEPTED' };
}
