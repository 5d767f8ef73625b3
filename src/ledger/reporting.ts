import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../clock.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { type Announcement, idsFor, toText } from './announcements.js';
import type { Announcer } from './announcer.js';
import { explain } from './explain.js';
import { raise } from './raise.js';
import { MatchOutcome, type RenewalRecord } from './records.js';
import { readScope } from './scope.js';
import { groupsOf } from './settle-scope.js';
import { type Settlement, settle } from './settle.js';

export interface ReportingOptions {
  readonly em: EntityManager;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly unmatchedGraceMinutes: number;
  readonly overdueGraceHours: number;
  /** Only what this author brought into the ledger; it is held back. */
  readonly holdBackOf?: string;
}

/** What only time brings about; run by schedule, each raised once. */
export interface Reporting {
  /** `renewal.unmatched` and `renewal.conflict`: invoices that still have no renewal of their own after the grace. */
  reportInvoices(): Promise<void>;
  /** `renewal.overdue`: renewals that still have no invoice some hours after their date. */
  reportOverdue(): Promise<void>;
}

const PAGE = 200;

export function createReporting(options: ReportingOptions): Reporting {
  const { em, announcer, clock, holdBackOf = null } = options;
  const inPages = async (
    report: (tx: Transaction) => Promise<{ found: number; announcements: Announcement[] }>,
  ): Promise<void> => {
    for (;;) {
      const found = await inTransaction(em, async (tx) => {
        const page = await report(tx);
        await raise(tx, page.announcements, { announcer, now: clock.now(), announce: holdBackOf === null });
        return page.announcements.length === 0 ? 0 : page.found;
      });
      if (found < PAGE) return;
    }
  };
  return {
    reportInvoices: () => inPages((tx) => reportInvoices(tx, [options.unmatchedGraceMinutes, holdBackOf, null])),
    reportOverdue: () => inPages((tx) => reportOverdue(tx, [options.overdueGraceHours, holdBackOf])),
  };
}

/** Holds back, in the transaction that learned of these invoices, what `reportInvoices` would tell of them after the grace. */
export async function holdBackReports(
  tx: Transaction,
  invoiceIds: readonly string[],
  { announcer, clock }: Pick<ReportingOptions, 'announcer' | 'clock'>,
): Promise<void> {
  if (invoiceIds.length === 0) return;
  for (let isMore = true; isMore;) {
    const { found, announcements } = await reportInvoices(tx, [0, null, invoiceIds]);
    await raise(tx, announcements, { announcer, now: clock.now(), announce: false });
    isMore = found === PAGE && announcements.length > 0;
  }
}

/** By SQL's clock, as all rows that several processes compare. A reason that is absent may link, and is never reported. */
const UNREPORTED_INVOICES = `
  select i.id, i.stripe_subscription_id from invoice i join subscription s on s.id = i.stripe_subscription_id
  where i.outcome in ('NO_RENEWAL', 'AMBIGUOUS', 'CONFLICT') and i.recorded_at <= now() - make_interval(mins => $1)
    and i.billing_reason is not null and s.checkout_intent_id is not null
    and not exists (select from event e where e.stripe_invoice_id = i.id and case
          when i.outcome <> 'CONFLICT' then e.type = 'renewal.unmatched'
          when i.wanted_renewal_id is null then e.type = 'renewal.conflict' -- settled before that column was there
          else e.id = 'renewal.conflict:' || i.wanted_renewal_id || ':' || i.id end)
    and ($2::text is null or exists (select from checkout_intent_change c where c.checkout_intent_id = s.checkout_intent_id and c.by = $2))
    and ($3::text[] is null or i.id = any($3))
  order by i.recorded_at limit ${PAGE}`;

async function reportInvoices(
  tx: Transaction,
  limits: [graceMinutes: number, author: string | null, invoiceIds: readonly string[] | null],
): Promise<{ found: number; announcements: Announcement[] }> {
  const found = await tx.query<{ id: string; stripe_subscription_id: string }>(UNREPORTED_INVOICES, limits);
  if (found.length === 0) return { found: 0, announcements: [] };
  const scope = await readScope(tx, { subscriptionIds: [...new Set(found.map((row) => row.stripe_subscription_id))] });
  const ids = new Set(found.map(({ id }) => id));
  const announcements = groupsOf(scope).flatMap((group) => announceUnlinked(settle(group), ids));
  return { found: found.length, announcements };
}

function announceUnlinked(settlement: Settlement, ids: ReadonlySet<string>): Announcement[] {
  return settlement.invoices.flatMap((invoice): Announcement[] => {
    if (!ids.has(invoice.id)) return [];
    const { outcome, code, reason, renewalId } = explain(invoice, settlement);
    const renewal = settlement.renewals.find(({ id }) => id === renewalId) ?? null;
    const object = { ...idsFor(settlement.intent, renewal, invoice), code, reason };
    if (outcome === MatchOutcome.CONFLICT && renewal !== null) {
      return [
        {
          type: 'renewal.conflict',
          key: `${renewal.id}:${invoice.id}`,
          object: { ...object, heldByInvoiceId: renewal.invoiceId ?? '' },
        },
      ];
    }
    return outcome === MatchOutcome.NO_RENEWAL || outcome === MatchOutcome.AMBIGUOUS
      ? [{ type: 'renewal.unmatched', key: invoice.id, object: { ...object, outcome } }]
      : [];
  });
}

const UNREPORTED_RENEWALS = `
  select r.id, r.checkout_intent_id from renewal r
  where r.state = 'SCHEDULED' and r.effective_date <= now() - make_interval(hours => $1)
    and not exists (select from event e where e.id = 'renewal.overdue:' || r.id || ':' || to_char(r.effective_date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    and ($2::text is null or exists (select from renewal_change c where c.renewal_id = r.id and c.by = $2))
  order by r.effective_date limit ${PAGE}`;

async function reportOverdue(
  tx: Transaction,
  limits: [graceHours: number, author: string | null],
): Promise<{ found: number; announcements: Announcement[] }> {
  const found = await tx.query<{ id: string; checkout_intent_id: string }>(UNREPORTED_RENEWALS, limits);
  const scope = await readScope(tx, { intentIds: [...new Set(found.map((row) => row.checkout_intent_id))] });
  const announcements = found.flatMap(({ id }) => {
    const renewal = scope.renewals.find((other) => other.id === id);
    const effectiveDate = toText(renewal?.effectiveDate ?? null);
    if (renewal === undefined || effectiveDate === null) return [];
    const intent = scope.intents.find((other) => other.id === renewal.intentId) ?? null;
    const object = { ...idsFor(intent, renewal satisfies RenewalRecord, null), effectiveDate };
    return [{ type: 'renewal.overdue' as const, key: `${id}:${effectiveDate}`, object }];
  });
  return { found: found.length, announcements };
}
