import { LinkedBy } from '../entities/states.js';
import { isLive } from './eligibility.js';
import type { Match } from './match.js';
import { type InvoiceRecord, MatchOutcome, type RenewalRecord } from './records.js';

/** An invoice that wants a renewal; `distanceSeconds` is how far apart they lie. */
interface Claim {
  readonly invoice: InvoiceRecord;
  readonly distanceSeconds: number;
}

export interface Link {
  readonly invoiceId: string;
  readonly linkedBy: LinkedBy;
}

/** Who holds which renewal, and what became of every invoice. */
export interface Links {
  readonly byRenewal: ReadonlyMap<string, Link>;
  readonly outcomes: ReadonlyMap<string, MatchOutcome>;
  /** Invoices whose claim is better than that of a link which stands. */
  readonly betterClaims: readonly { readonly invoiceId: string; readonly renewalId: string }[];
}

export interface LinkInput {
  readonly renewals: readonly RenewalRecord[];
  readonly invoices: ReadonlyMap<string, InvoiceRecord>;
  /** Those of the invoices whose payment, if there is one, counts. */
  readonly paying: ReadonlyMap<string, InvoiceRecord>;
  readonly matches: ReadonlyMap<string, Match>;
  /** How a new link is signed: RULE, or BACKFILL inside one. */
  readonly linkAs: LinkedBy;
}

/** Derives all links afresh: those that stand, then for each other renewal the best of its claims. */
export function deriveLinks(input: LinkInput): Links {
  const byRenewal = new Map<string, Link>();
  for (const renewal of input.renewals) {
    if (doesLinkStand(renewal, input.paying))
      byRenewal.set(renewal.id, { invoiceId: renewal.invoiceId, linkedBy: renewal.linkedBy });
  }
  const claims = collectClaims(input, new Set([...byRenewal.values()].map((link) => link.invoiceId)));
  const betterClaims: { invoiceId: string; renewalId: string }[] = [];
  for (const renewal of input.renewals) {
    const [best] = (claims.get(renewal.id) ?? []).sort(compareClaims);
    if (best === undefined) continue;
    const standing = byRenewal.get(renewal.id);
    if (standing === undefined) byRenewal.set(renewal.id, linkTo(renewal, best.invoice.id, input.linkAs));
    else if (isBetter(best, standingClaim(renewal, input.invoices)))
      betterClaims.push({ invoiceId: best.invoice.id, renewalId: renewal.id });
  }
  return { byRenewal, outcomes: outcomesOf(input, byRenewal), betterClaims };
}

/** True where no rule may take the link back: it is paid, processed or being processed, or a person or an import made it. */
function doesLinkStand(
  renewal: RenewalRecord,
  invoices: ReadonlyMap<string, InvoiceRecord>,
): renewal is RenewalRecord & { invoiceId: string; linkedBy: LinkedBy } {
  if (renewal.invoiceId === null || renewal.linkedBy === null) return false;
  if (renewal.processedAt !== null || renewal.processingStartedAt !== null) return true;
  const invoice = invoices.get(renewal.invoiceId);
  if (invoice !== undefined && !isLive(invoice)) return false;
  return invoice?.status === 'paid' || renewal.linkedBy === LinkedBy.PERSON || renewal.linkedBy === LinkedBy.IMPORT;
}

/** Best first: a paid one, then the nearest, then `subscription_cycle`, then the earlier created, then by id. */
function compareClaims(a: Claim, b: Claim): number {
  return (
    Number(b.invoice.status === 'paid') - Number(a.invoice.status === 'paid') ||
    a.distanceSeconds - b.distanceSeconds ||
    Number(b.invoice.billingReason === 'subscription_cycle') -
      Number(a.invoice.billingReason === 'subscription_cycle') ||
    a.invoice.createdAt.getTime() - b.invoice.createdAt.getTime() ||
    (a.invoice.id < b.invoice.id ? -1 : 1)
  );
}

function collectClaims({ invoices, matches }: LinkInput, held: ReadonlySet<string>): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  for (const invoice of invoices.values()) {
    const wants = matches.get(invoice.id)?.wants;
    if (wants === undefined || wants === null || held.has(invoice.id)) continue;
    const rivals = claims.get(wants.renewalId) ?? [];
    claims.set(wants.renewalId, [...rivals, { invoice, distanceSeconds: wants.distanceSeconds }]);
  }
  return claims;
}

/** A link that is derived again keeps the name it was made under. */
function linkTo(renewal: RenewalRecord, invoiceId: string, linkAs: LinkedBy): Link {
  return {
    invoiceId,
    linkedBy: renewal.invoiceId === invoiceId && renewal.linkedBy !== null ? renewal.linkedBy : linkAs,
  };
}

/** The claim of the invoice that holds the link; null where its facts, or its period, are not known. */
function standingClaim(renewal: RenewalRecord, invoices: ReadonlyMap<string, InvoiceRecord>): Claim | null {
  const invoice = invoices.get(renewal.invoiceId ?? '');
  if (invoice === undefined) return null;
  const start = invoice.periodStart?.getTime();
  const date = renewal.effectiveDate?.getTime();
  const distanceSeconds =
    start === undefined || date === undefined ? Number.POSITIVE_INFINITY : Math.abs(date - start) / 1000;
  return { invoice, distanceSeconds };
}

function isBetter(claim: Claim, standing: Claim | null): boolean {
  return standing === null || compareClaims(claim, standing) < 0;
}

function outcomesOf({ invoices, matches }: LinkInput, byRenewal: ReadonlyMap<string, Link>): Map<string, MatchOutcome> {
  const linked = new Set([...byRenewal.values()].map((link) => link.invoiceId));
  return new Map(
    [...invoices.keys()].map((id) => [id, linked.has(id) ? MatchOutcome.LINKED : outcomeOf(matches.get(id))]),
  );
}

function outcomeOf(found: Match | undefined): MatchOutcome {
  if (found === undefined || found.eligibility.code === 'INCOMPLETE') return MatchOutcome.INCOMPLETE;
  if (found.eligibility.code !== 'ELIGIBLE') return MatchOutcome.NOT_A_RENEWAL;
  if (found.isTie) return MatchOutcome.AMBIGUOUS;
  return found.wants === null ? MatchOutcome.NO_RENEWAL : MatchOutcome.CONFLICT;
}
