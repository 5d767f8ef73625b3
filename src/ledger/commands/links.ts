import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, type Transaction } from '../../database/transaction.js';
import { LinkedBy } from '../../entities/states.js';
import { LinkConflictError, NotFoundError } from '../../errors.js';
import { isLive } from '../eligibility.js';
import { explain, type Explanation } from '../explain.js';
import { isIntentId } from '../intent-name.js';
import { isOfCustomer } from '../match.js';
import { type InvoiceRecord, MatchOutcome, type RenewalRecord } from '../records.js';
import { PROCESSOR } from '../processing.js';
import { lockScope, readScope, type Scope } from '../scope.js';
import { groupsOf } from '../settle-scope.js';
import { type Settlement, settle } from '../settle.js';
import {
  assertReason,
  assertText,
  type CommandContext,
  keysOfInvoice,
  lockRenewal,
  quote,
  runCommand,
  settleFor,
  subscriptionOf,
  withRenewal,
} from './context.js';

export interface LinkInvoice {
  readonly invoiceId: string;
  /** Left out: the matching rules choose. */
  readonly renewalId?: string | null | undefined;
}

export interface LinkResult {
  readonly outcome: MatchOutcome;
  readonly renewalId: string | null;
  readonly explanation: Explanation;
}

/** Links by the rules, or to the renewal named. Never overwrites a link. */
export async function linkInvoice(context: CommandContext, { invoiceId, renewalId }: LinkInvoice): Promise<LinkResult> {
  assertText('invoiceId', invoiceId);
  return runCommand(context, (tx) =>
    renewalId === null || renewalId === undefined
      ? linkByRule(context, tx, invoiceId)
      : linkByName(context, tx, { invoiceId, renewalId }),
  );
}

/** Takes a wrong link back for good: the rules never make it again. Refused once processing has begun. */
export async function unlinkInvoice(
  context: CommandContext,
  { renewalId, reason }: { renewalId: string; reason: string },
): Promise<string> {
  assertReason(reason);
  return runCommand(context, async (tx) => {
    const { scope, renewal } = await lockRenewal(tx, renewalId, await keysOfHeldInvoice(tx, renewalId));
    if (renewal.invoiceId === null) throw new LinkConflictError(`Renewal ${renewal.id} is linked to no invoice.`);
    const pair = { renewalId: renewal.id, invoiceId: renewal.invoiceId };
    const hasBegun = renewal.processingStartedAt !== null && !(await hasGivenUp(tx, pair));
    if (renewal.processedAt !== null || hasBegun) {
      throw new LinkConflictError(`Renewal ${renewal.id} was processed, or its processing has begun: its link stands.`);
    }
    await tx.query(
      'insert into refused_pair (renewal_id, stripe_invoice_id, by, reason) values ($1, $2, $3, $4) on conflict do nothing',
      [pair.renewalId, pair.invoiceId, context.by, reason],
    );
    const freed = withRenewal(freeInvoice(scope, pair.invoiceId), {
      ...renewal,
      invoiceId: null,
      linkedBy: null,
      processingStartedAt: null,
    });
    await settleFor(context, tx, {
      before: scope,
      next: { ...freed, refusedPairs: [...scope.refusedPairs, pair] },
      reason,
    });
    return renewal.id;
  });
}

/** The invoice can be of another intent's subscription, whose renewals may want it once it is free. */
async function keysOfHeldInvoice(tx: Transaction, renewalId: string): Promise<{ subscriptionIds: string[] }> {
  const held = isIntentId(renewalId)
    ? await tx.query<{ id: string }>(
        `select i.stripe_subscription_id as id from renewal r join invoice i on i.id = r.stripe_invoice_id
         where r.id = $1::bigint and i.stripe_subscription_id is not null`,
        [renewalId],
      )
    : [];
  return { subscriptionIds: held.map(({ id }) => id) };
}

/** True where the delivery that claimed the renewal is DEAD: nothing will be called any more, unless a person replays it. */
async function hasGivenUp(
  tx: Transaction,
  { renewalId, invoiceId }: { renewalId: string; invoiceId: string },
): Promise<boolean> {
  const dead = await tx.query(
    "select from delivery where event_id = $1 and handler = $2 and state = 'DEAD' for update",
    [`renewal.paid:${renewalId}:${invoiceId}`, PROCESSOR],
  );
  return dead.length > 0;
}

/** Why this invoice is, or is not, linked: computed afresh, without a lock. Null where no such invoice is known. */
export function explainMatch(em: EntityManager, invoiceId: string): Promise<Explanation | null> {
  return inTransaction(em, async (tx) => {
    const subscriptionId = await subscriptionOf(tx, invoiceId);
    if (subscriptionId === undefined) return null;
    const scope = await readScope(tx, {
      invoiceIds: [invoiceId],
      subscriptionIds: subscriptionId === null ? [] : [subscriptionId],
    });
    return explainIn(
      groupsOf(scope).map((group) => settle(group)),
      invoiceId,
    );
  });
}

async function linkByRule(context: CommandContext, tx: Transaction, invoiceId: string): Promise<LinkResult> {
  const subscriptionId = await subscriptionOf(tx, invoiceId);
  if (subscriptionId === undefined)
    throw new NotFoundError(
      `No event of invoice ${quote(invoiceId)} has come; name the renewal to link it all the same.`,
    );
  const before = await lockScope(tx, {
    invoiceIds: [invoiceId],
    subscriptionIds: subscriptionId === null ? [] : [subscriptionId],
  });
  const wasLinked = before.renewals.some((renewal) => renewal.invoiceId === invoiceId);
  const settled = await settleFor(context, tx, { before, next: before, reason: 'linkInvoice' });
  const explanation = explainIn(settled, invoiceId);
  if (explanation === null) throw new NotFoundError(`Invoice ${quote(invoiceId)} is not known any more.`);
  return {
    outcome: wasLinked ? MatchOutcome.ALREADY_LINKED : explanation.outcome,
    renewalId: explanation.renewalId,
    explanation,
  };
}

async function linkByName(
  context: CommandContext,
  tx: Transaction,
  { invoiceId, renewalId }: { invoiceId: string; renewalId: string },
): Promise<LinkResult> {
  const { scope, renewal } = await lockRenewal(tx, renewalId, await keysOfInvoice(tx, invoiceId));
  const refusal = refusalOf(scope, renewal, invoiceId);
  if (refusal !== null) return refusal;
  const linked = { ...renewal, invoiceId, linkedBy: LinkedBy.PERSON };
  const settled = await settleFor(context, tx, {
    before: scope,
    next: withRenewal(scope, linked),
    reason: 'linkInvoice',
  });
  const explanation = explainIn(settled, invoiceId) ?? explainUnknown(invoiceId, renewal.id);
  return { outcome: MatchOutcome.LINKED, renewalId: renewal.id, explanation };
}

/** A named link skips the rules of eligibility and tolerance; never that of a taken link, of the customer, or of a dead invoice. */
function refusalOf(scope: Scope, renewal: RenewalRecord, invoiceId: string): LinkResult | null {
  const holder = scope.renewals.find((other) => other.invoiceId === invoiceId);
  const invoice = scope.invoices.find(({ id }) => id === invoiceId);
  const refuse = (outcome: MatchOutcome, at: RenewalRecord | null, [code, reason]: [string, string]): LinkResult => {
    const explained =
      explainIn(
        groupsOf(scope).map((group) => settle(group)),
        invoiceId,
      ) ?? explainUnknown(invoiceId, null);
    return {
      outcome,
      renewalId: at?.id ?? null,
      explanation: { ...explained, outcome, code, reason, renewalId: at?.id ?? null },
    };
  };
  if (holder !== undefined)
    return refuse(MatchOutcome.ALREADY_LINKED, holder, ['TAKEN', `It is linked to renewal ${holder.id}.`]);
  if (renewal.invoiceId !== null)
    return refuse(MatchOutcome.CONFLICT, renewal, [
      'TAKEN',
      `Renewal ${renewal.id} is linked to invoice ${renewal.invoiceId}.`,
    ]);
  if (invoice === undefined) return null;
  if (!isLive(invoice))
    return refuse(MatchOutcome.NOT_A_RENEWAL, null, ['NOT_LIVE', `It is ${invoice.status}: it pays for nothing.`]);
  if (isOfIntentCustomer(scope, renewal, invoice)) return null;
  return refuse(MatchOutcome.NO_RENEWAL, null, [
    'OTHER_CUSTOMER',
    'The invoice is of another customer than the renewal.',
  ]);
}

function isOfIntentCustomer(scope: Scope, renewal: RenewalRecord, invoice: InvoiceRecord): boolean {
  const intent = scope.intents.find(({ id }) => id === renewal.intentId);
  const subscription = scope.subscriptions.find(({ id }) => id === invoice.subscriptionId) ?? null;
  return intent === undefined || isOfCustomer(intent, invoice, subscription);
}

function explainIn(settled: readonly Settlement[], invoiceId: string): Explanation | null {
  for (const settlement of settled) {
    const invoice = settlement.invoices.find(({ id }) => id === invoiceId);
    if (invoice !== undefined) return explain(invoice, settlement);
  }
  return null;
}

/** Of an invoice without facts: linked by name before its first event came. */
function explainUnknown(invoiceId: string, renewalId: string | null): Explanation {
  return {
    invoiceId,
    outcome: renewalId === null ? MatchOutcome.NO_RENEWAL : MatchOutcome.LINKED,
    code: renewalId === null ? 'NO_SUBSCRIPTION' : 'LINKED_BY_PERSON',
    reason: 'No event of this invoice has come yet.',
    periodStart: null,
    renewalId,
    candidates: [],
  };
}

/** A freed invoice belongs to its subscription's intent again. */
function freeInvoice(scope: Scope, invoiceId: string): Scope {
  return {
    ...scope,
    invoices: scope.invoices.map((invoice) => (invoice.id === invoiceId ? { ...invoice, isLinked: false } : invoice)),
  };
}
