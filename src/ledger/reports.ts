import type { AttentionCode } from '@renewal-ledger/sdk';
import { LinkedBy } from '../entities/states.js';
import { isLive } from './eligibility.js';
import type { Links } from './links.js';
import { customerOf, type Match } from './match.js';
import type { Group, IntentRecord, InvoiceRecord, RenewalRecord, SubscriptionRecord } from './records.js';

/** Something that a person should see: becomes the ledger event `attention.needed:<code>:<subject>`, raised once. */
export interface Report {
  readonly code: AttentionCode;
  /** The id of the Stripe object that it is about. */
  readonly subject: string;
  readonly message: string;
  readonly subscriptionId: string | null;
  readonly invoiceId: string | null;
  readonly renewalId: string | null;
  readonly customerId: string | null;
}

interface Settled {
  readonly group: Group;
  readonly intent: IntentRecord | null;
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly renewals: readonly RenewalRecord[];
  readonly links: Links;
  /** What each invoice would want if no link stood. */
  readonly afresh: ReadonlyMap<string, Match>;
}

/** What settling found that no rule may mend. */
export function findReports(settled: Settled): Report[] {
  return [
    ...foreignCustomers(settled),
    ...betterClaims(settled),
    ...straysOf(settled),
    ...heldByVoid(settled),
    ...paidAfterEnd(settled),
  ];
}

/** True where `renewal` is paid by an invoice that was paid after its subscription ended: it is reported, and not processed. */
export function isPaidAfterEnd(
  invoice: InvoiceRecord | undefined,
  subscription: SubscriptionRecord | undefined,
): boolean {
  if (invoice?.status !== 'paid' || invoice.paidAt === null) return false;
  return subscription !== undefined && subscription.endedAt !== null && invoice.paidAt > subscription.endedAt;
}

function foreignCustomers({ group, intent }: Settled): Report[] {
  const owner = intent?.customerId ?? null;
  if (intent === null || owner === null) return [];
  const subscriptions = group.subscriptions.map((subscription) => ({
    id: subscription.id,
    subscriptionId: subscription.id,
    invoiceId: null,
    customerId: subscription.customerId ?? subscription.firstCustomerId,
  }));
  const invoices = group.invoices.map((invoice) => {
    const subscription = group.subscriptions.find(({ id }) => id === invoice.subscriptionId) ?? null;
    return { ...invoice, invoiceId: invoice.id, customerId: customerOf(invoice, subscription) };
  });
  return [...subscriptions, ...invoices].flatMap(({ id, subscriptionId, invoiceId, customerId }) => {
    if (customerId === null || customerId === owner) return [];
    const message = `${id} is of customer ${customerId}; checkout intent ${intent.id} is of ${owner}: it changes nothing there.`;
    return [
      {
        code: 'FOREIGN_CUSTOMER' as const,
        subject: id,
        message,
        subscriptionId,
        invoiceId,
        renewalId: null,
        customerId,
      },
    ];
  });
}

function betterClaims({ group, renewals, links }: Settled): Report[] {
  return links.betterClaims.map(({ invoiceId, renewalId }) => {
    const renewal = renewals.find(({ id }) => id === renewalId);
    const invoice = group.invoices.find(({ id }) => id === invoiceId);
    const message = `Invoice ${invoiceId} has a better claim to renewal ${renewalId} than ${renewal?.invoiceId ?? 'none'}, whose link stands.`;
    return { code: 'BETTER_CLAIM', subject: invoiceId, message, ...idsOf(invoice, renewalId), invoiceId };
  });
}

/** Links that stand, and that the rules would not make now: a better claim that came too late is told of the invoice it is about. */
function straysOf({ group, renewals, links, afresh }: Settled): Report[] {
  return renewals.flatMap((renewal) => {
    const link = links.byRenewal.get(renewal.id);
    const found = afresh.get(link?.invoiceId ?? '');
    if (link === undefined || found?.eligibility.code !== 'ELIGIBLE' || found.wants?.renewalId === renewal.id)
      return [];
    const byRule = link.linkedBy === LinkedBy.RULE || link.linkedBy === LinkedBy.BACKFILL;
    const isForeign = found.candidates.some(
      ({ renewalId, code }) => renewalId === renewal.id && code === 'OTHER_CUSTOMER',
    );
    if (isForeign || (found.wants === null && !found.isTie && !byRule)) return [];
    const invoice = group.invoices.find(({ id }) => id === link.invoiceId);
    const message = `By the rules, ${choiceOf(found, link.invoiceId)}; its link to renewal ${renewal.id} stands.`;
    return [{ code: 'BETTER_CLAIM' as const, subject: link.invoiceId, message, ...idsOf(invoice, renewal.id) }];
  });
}

function choiceOf({ wants, isTie }: Match, invoiceId: string): string {
  if (wants !== null) return `invoice ${invoiceId} would pay for renewal ${wants.renewalId}, which is nearer`;
  return isTie
    ? `invoice ${invoiceId} is equally near to several renewals`
    : `invoice ${invoiceId} would pay for no renewal any more`;
}

function heldByVoid({ group, renewals, links }: Settled): Report[] {
  return renewals.flatMap((renewal) => {
    const invoice = group.invoices.find(({ id }) => id === links.byRenewal.get(renewal.id)?.invoiceId);
    return invoice === undefined || isLive(invoice) ? [] : [voidedAfterProcessed(renewal, invoice)];
  });
}

/** A paid invoice stays paid in its facts: what Stripe says later of one whose renewal was processed is told all the same. */
export function voidedLater({ renewals, group }: Pick<Settled, 'renewals' | 'group'>, said: InvoiceRecord): Report[] {
  const invoice = group.invoices.find(({ id }) => id === said.id);
  const renewal = renewals.find(({ invoiceId, processedAt }) => invoiceId === said.id && processedAt !== null);
  const isLater =
    said.asOf !== null && invoice?.status === 'paid' && (invoice.asOf === null || invoice.asOf <= said.asOf);
  return renewal === undefined || isLive(said) || !isLater ? [] : [voidedAfterProcessed(renewal, said)];
}

function voidedAfterProcessed(renewal: RenewalRecord, invoice: InvoiceRecord): Report {
  const message = `Invoice ${invoice.id} is ${invoice.status}, and renewal ${renewal.id}, which it paid for, was processed: take back what it granted, or bill it again.`;
  return { code: 'VOIDED_AFTER_PROCESSED', subject: invoice.id, message, ...idsOf(invoice, renewal.id) };
}

/** A renewal that was processed before this payment owes nothing to it. One that was processed by it is not undone: it is told. */
function paidAfterEnd({ group, subscriptions, renewals, links }: Settled): Report[] {
  return renewals.flatMap((renewal) => {
    const invoice = group.invoices.find(({ id }) => id === links.byRenewal.get(renewal.id)?.invoiceId);
    const subscription = subscriptions.find(({ id }) => id === invoice?.subscriptionId);
    if (invoice === undefined || !isPaidAfterEnd(invoice, subscription)) return [];
    const { processedAt } = renewal;
    if (processedAt !== null && invoice.paidAt !== null && processedAt < invoice.paidAt) return [];
    const what = processedAt === null ? 'is not processed' : 'was processed all the same: take back what it granted';
    const message = `Invoice ${invoice.id} was paid after its subscription had ended: renewal ${renewal.id} ${what}.`;
    return [{ code: 'PAID_AFTER_END' as const, subject: invoice.id, message, ...idsOf(invoice, renewal.id) }];
  });
}

function idsOf(
  invoice: InvoiceRecord | undefined,
  renewalId: string,
): Pick<Report, 'subscriptionId' | 'invoiceId' | 'renewalId' | 'customerId'> {
  return {
    subscriptionId: invoice?.subscriptionId ?? null,
    invoiceId: invoice?.id ?? null,
    renewalId,
    customerId: invoice?.customerId ?? null,
  };
}
