import type { InvoiceLine } from '@renewal-ledger/sdk';
import type { Clock } from '../clock.js';
import type { Transaction } from '../database/transaction.js';
import type { Announcer } from './announcer.js';
import { settleFor } from './commands/context.js';
import { toInstant } from './invoice-facts.js';
import { type PeriodSource, readInvoicePeriod } from './invoice-period.js';
import type { InvoiceRecord } from './records.js';
import { lockScope } from './scope.js';

interface StoredInvoice {
  readonly subscription: string | null;
  readonly billing_reason: string | null;
  readonly invoice_period_end: string | null;
  readonly are_lines_truncated: boolean;
}

/**
 * Keeps all the lines of an invoice whose payload held only the first, and settles by them for as long as its newest payload is
 * truncated. `by` goes into history.
 */
export async function recordFetchedLines(
  tx: Transaction,
  { invoiceId, lines }: { invoiceId: string; lines: readonly InvoiceLine[] },
  context: { readonly announcer: Announcer; readonly clock: Clock; readonly by: string },
): Promise<void> {
  const before = await lockScope(tx, await keysOf(tx, invoiceId));
  const [stored] = await tx.query<StoredInvoice>(
    `update invoice set fetched_lines = $2::jsonb, has_fetched_lines = true where id = $1
     returning stripe_subscription_id as subscription, billing_reason, invoice_period_end, are_lines_truncated`,
    [invoiceId, JSON.stringify(lines)],
  );
  if (stored === undefined) return;
  const period = stored.are_lines_truncated ? periodOf(stored, lines) : {};
  const invoices = before.invoices.map((invoice) =>
    invoice.id === invoiceId ? { ...invoice, ...period, hasFetchedLines: true } : invoice,
  );
  await writePeriod(
    tx,
    invoices.find(({ id }) => id === invoiceId),
  );
  await settleFor(context, tx, { before, next: { ...before, invoices }, reason: 'all lines fetched' });
}

async function keysOf(
  tx: Transaction,
  invoiceId: string,
): Promise<{ invoiceIds: string[]; subscriptionIds: string[] }> {
  const [row] = await tx.query<{ id: string | null }>(
    'select stripe_subscription_id as id from invoice where id = $1',
    [invoiceId],
  );
  const subscriptionId = row?.id ?? null;
  return { invoiceIds: [invoiceId], subscriptionIds: subscriptionId === null ? [] : [subscriptionId] };
}

function periodOf(stored: StoredInvoice, lines: readonly InvoiceLine[]) {
  const source: PeriodSource = {
    subscription: stored.subscription,
    billingReason: stored.billing_reason,
    periodEnd: stored.invoice_period_end === null ? null : new Date(stored.invoice_period_end).getTime() / 1000,
    lines: [...lines],
    linesTruncated: false,
  };
  const { verdict: linesVerdict, start, end, toleranceSeconds } = readInvoicePeriod(source);
  return { linesVerdict, toleranceSeconds, periodStart: toInstant(start), periodEnd: toInstant(end) };
}

async function writePeriod(tx: Transaction, invoice: InvoiceRecord | undefined): Promise<void> {
  if (invoice === undefined) return;
  const { id, linesVerdict, toleranceSeconds, periodStart, periodEnd } = invoice;
  const text =
    'update invoice set lines_verdict = $2, tolerance_seconds = $3, period_start = $4, period_end = $5 where id = $1';
  await tx.query(text, [id, linesVerdict, toleranceSeconds, periodStart, periodEnd]);
}
