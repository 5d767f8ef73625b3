import { assessInvoice, type Eligibility } from './eligibility.js';
import type { InvoiceRecord, MoveRecord, RefusedPairRecord, RenewalRecord, SubscriptionRecord } from './records.js';

export type CandidateCode =
  | 'ACCEPTED'
  | 'OUT_OF_TOLERANCE'
  | 'NO_DATE'
  | 'CANCELED'
  | 'SUBSCRIPTION_ENDED'
  | 'OTHER_CUSTOMER'
  | 'REFUSED_PAIR'
  | 'TAKEN'
  | 'NOT_NEAREST'
  | 'TIE';

/** A renewal that an invoice could pay for, and why it does or does not. */
export interface Candidate {
  readonly renewalId: string;
  readonly code: CandidateCode;
  readonly reason: string;
  /** Seconds between the renewal's effective date and the invoice's period start, never negative. */
  readonly distanceSeconds: number | null;
}

/** What an invoice wants, before it is known what other invoices want. */
export interface Match {
  readonly eligibility: Eligibility;
  /** The nearest renewal that nothing speaks against; null where there is none, or two are equally near. */
  readonly wants: { readonly renewalId: string; readonly distanceSeconds: number } | null;
  readonly isTie: boolean;
  readonly candidates: readonly Candidate[];
}

export interface MatchInput {
  readonly invoice: InvoiceRecord;
  readonly subscription: SubscriptionRecord | null;
  /** Of the subscription; those of others are passed over. */
  readonly moves: readonly MoveRecord[];
  /** The customer of the checkout intent; null where it has none yet. */
  readonly intentCustomerId: string | null;
  /** The intent's renewals, their dates and subscriptions already derived. */
  readonly renewals: readonly RenewalRecord[];
  readonly refusedPairs: readonly RefusedPairRecord[];
}

/**
 * Decides which renewal an invoice pays for: its nearest, of its subscription and customer, no further from its period start than its
 * tolerance. Two equally near are a tie, and nothing is guessed. Pure: the rules are in docs/matching.md.
 */
export function match(input: MatchInput): Match {
  const eligibility = assessInvoice(input.invoice, input.subscription, input.moves);
  if (eligibility.code !== 'ELIGIBLE') return { eligibility, wants: null, isTie: false, candidates: [] };
  const judged = input.renewals
    .filter((renewal) => isOfSubscription(renewal, input.invoice))
    .map((renewal) => judge(renewal, input));
  const accepted = judged.filter(({ code }) => code === 'ACCEPTED');
  const nearest = Math.min(...accepted.map(distanceOf));
  const isTie = accepted.filter((candidate) => distanceOf(candidate) === nearest).length > 1;
  const candidates = judged.map((candidate) => rankCandidate(candidate, nearest, isTie));
  const wanted = candidates.find(({ code }) => code === 'ACCEPTED');
  return {
    eligibility,
    wants: wanted === undefined ? null : { renewalId: wanted.renewalId, distanceSeconds: nearest },
    isTie,
    candidates,
  };
}

/** The customer that an invoice is billed to; a missing one is its subscription's. */
export function customerOf(invoice: InvoiceRecord, subscription: SubscriptionRecord | null): string | null {
  return invoice.customerId ?? subscription?.customerId ?? subscription?.firstCustomerId ?? null;
}

/** False where both customers are known and differ. */
export function isOfCustomer(
  intent: { readonly customerId: string | null },
  invoice: InvoiceRecord,
  subscription: SubscriptionRecord | null,
): boolean {
  const customer = customerOf(invoice, subscription);
  return intent.customerId === null || customer === null || customer === intent.customerId;
}

/** A renewal of no subscription is listed too: its own verdict says why it has none. */
function isOfSubscription(renewal: RenewalRecord, invoice: InvoiceRecord): boolean {
  return renewal.subscriptionId === invoice.subscriptionId || renewal.subscriptionId === null;
}

function judge(renewal: RenewalRecord, input: MatchInput): Candidate {
  const distanceSeconds = distanceBetween(renewal, input.invoice);
  const [code, reason] = verdictOf(renewal, input, distanceSeconds);
  return { renewalId: renewal.id, code, reason, distanceSeconds };
}

function verdictOf(renewal: RenewalRecord, input: MatchInput, distance: number | null): [CandidateCode, string] {
  const { invoice, subscription, intentCustomerId, refusedPairs } = input;
  const customer = customerOf(invoice, subscription);
  if (intentCustomerId !== null && customer !== null && customer !== intentCustomerId) {
    return ['OTHER_CUSTOMER', `The invoice is of customer ${customer}, the renewal of ${intentCustomerId}.`];
  }
  if (renewal.canceledByHand) return ['CANCELED', 'The renewal was canceled by hand.'];
  if (renewal.effectiveDate === null || distance === null) return ['NO_DATE', 'The renewal has no date.'];
  const endedAt = subscription?.endedAt ?? null;
  if ((endedAt !== null && endedAt <= renewal.effectiveDate) || renewal.subscriptionId === null) {
    return ['SUBSCRIPTION_ENDED', 'The subscription had ended by the renewal’s date.'];
  }
  if (refusedPairs.some((pair) => pair.renewalId === renewal.id && pair.invoiceId === invoice.id)) {
    return ['REFUSED_PAIR', 'This link was taken back before.'];
  }
  const tolerance = invoice.toleranceSeconds ?? 0;
  if (distance > tolerance)
    return ['OUT_OF_TOLERANCE', `It lies ${distance} s from the period start; the tolerance is ${tolerance} s.`];
  return ['ACCEPTED', `It lies ${distance} s from the period start, within the tolerance of ${tolerance} s.`];
}

function rankCandidate(candidate: Candidate, nearest: number, isTie: boolean): Candidate {
  if (candidate.code !== 'ACCEPTED') return candidate;
  if (distanceOf(candidate) > nearest)
    return { ...candidate, code: 'NOT_NEAREST', reason: 'Another renewal is nearer to the period start.' };
  if (isTie) return { ...candidate, code: 'TIE', reason: 'Another renewal is equally near; nothing is guessed.' };
  return candidate;
}

function distanceBetween(renewal: RenewalRecord, invoice: InvoiceRecord): number | null {
  if (renewal.effectiveDate === null || invoice.periodStart === null) return null;
  return Math.abs(renewal.effectiveDate.getTime() - invoice.periodStart.getTime()) / 1000;
}

function distanceOf(candidate: Candidate): number {
  return candidate.distanceSeconds ?? Number.POSITIVE_INFINITY;
}
