import type { Transaction } from '../../database/transaction.js';
import { LinkedBy, RenewalState } from '../../entities/states.js';
import { BadInputError, LinkConflictError, NotFoundError } from '../../errors.js';
import { isIntentId } from '../intent-name.js';
import { isOfCustomer } from '../match.js';
import type { RenewalRecord } from '../records.js';
import { toRecords, selectList } from '../rows.js';
import { lockScope, type Scope } from '../scope.js';
import type { Settlement } from '../settle.js';
import { renewalTable } from '../tables.js';
import {
  assertDate,
  assertReason,
  assertText,
  type CommandContext,
  keysOfInvoice,
  lockRenewal,
  quote,
  runCommand,
  settleFor,
  withRenewal,
} from './context.js';

export interface CreateRenewal {
  readonly checkoutIntentId: string;
  readonly subscriptionPlanRenewalId: string;
  readonly priorSubscriptionPlanUuid?: string | null | undefined;
  readonly renewedSubscriptionPlanUuid?: string | null | undefined;
  readonly stripeSubscriptionId?: string | null | undefined;
  readonly effectiveDate?: Date | null | undefined;
  /** For renewals that happened before this service knew of them. */
  readonly stripeInvoiceId?: string | null | undefined;
  readonly processedAt?: Date | null | undefined;
}

/** Undefined leaves a field, null clears it. */
export interface UpdateRenewal {
  readonly id: string;
  readonly effectiveDate?: Date | null | undefined;
  readonly stripeSubscriptionId?: string | null | undefined;
  readonly priorSubscriptionPlanUuid?: string | null | undefined;
  readonly renewedSubscriptionPlanUuid?: string | null | undefined;
  readonly isCanceled?: boolean | null | undefined;
  readonly reason: string;
}

/** A repeat answers the present row. Settles, and with that wakes what waited. */
export async function createRenewal(context: CommandContext, input: CreateRenewal): Promise<string> {
  assertText('subscriptionPlanRenewalId', input.subscriptionPlanRenewalId);
  assertText('stripeSubscriptionId', input.stripeSubscriptionId);
  assertText('stripeInvoiceId', input.stripeInvoiceId);
  assertDate('effectiveDate', input.effectiveDate);
  assertDate('processedAt', input.processedAt);
  return runCommand(context, async (tx) => {
    const present = await findRenewal(tx, input.subscriptionPlanRenewalId);
    if (present !== null) return present;
    const { stripeInvoiceId: invoiceId = null } = input;
    const ofInvoice = invoiceId === null ? { subscriptionIds: [] } : await keysOfInvoice(tx, invoiceId);
    const before = await lockScope(tx, {
      ...ofInvoice,
      intentIds: isIntentId(input.checkoutIntentId) ? [input.checkoutIntentId] : [],
      subscriptionIds: [...ofInvoice.subscriptionIds, ...toList(input.stripeSubscriptionId)],
    });
    assertCanHold(before, input);
    const renewal = await insertRenewal(tx, input);
    if (renewal === null) return (await findRenewal(tx, input.subscriptionPlanRenewalId)) ?? '';
    const settled = await settleFor(context, tx, {
      before,
      next: withRenewal(before, renewal),
      created: { renewalId: renewal.id },
      reason: 'created',
    });
    assertOnlyOneAtDate(settled, renewal.id);
    return renewal.id;
  });
}

export async function updateRenewal(context: CommandContext, input: UpdateRenewal): Promise<string> {
  assertReason(input.reason);
  assertText('stripeSubscriptionId', input.stripeSubscriptionId);
  assertDate('effectiveDate', input.effectiveDate);
  return runCommand(context, async (tx) => {
    const { scope, renewal } = await lockRenewal(tx, input.id, { subscriptionIds: toList(input.stripeSubscriptionId) });
    assertMayEdit(renewal, input);
    const settled = await settleFor(context, tx, {
      before: scope,
      next: withRenewal(scope, edited(renewal, input)),
      reason: input.reason,
    });
    if (input.effectiveDate !== undefined || input.stripeSubscriptionId !== undefined || input.isCanceled !== undefined)
      assertOnlyOneAtDate(settled, renewal.id);
    return renewal.id;
  });
}

/** For a service that processes renewals itself. A repeat changes nothing. */
export function markRenewalProcessed(context: CommandContext, renewalId: string): Promise<string> {
  return runCommand(context, async (tx) => {
    const { scope, renewal } = await lockRenewal(tx, renewalId);
    if (renewal.state === RenewalState.PROCESSED) return renewal.id;
    if (renewal.state !== RenewalState.PAID) {
      throw new LinkConflictError(
        `Renewal ${renewal.id} is ${renewal.state}: only a renewal whose invoice is paid can be processed.`,
      );
    }
    const processed = { ...renewal, processedAt: context.clock.now() };
    await settleFor(context, tx, { before: scope, next: withRenewal(scope, processed), reason: 'processed' });
    return renewal.id;
  });
}

async function findRenewal(tx: Transaction, subscriptionPlanRenewalId: string): Promise<string | null> {
  const [row] = await tx.query<{ id: string }>('select id from renewal where subscription_plan_renewal_id = $1', [
    subscriptionPlanRenewalId,
  ]);
  return row?.id ?? null;
}

function assertCanHold(scope: Scope, input: CreateRenewal): void {
  const intent = scope.intents.find(({ id }) => id === input.checkoutIntentId);
  if (intent === undefined)
    throw new NotFoundError(`There is no checkout intent with the id ${quote(input.checkoutIntentId)}.`);
  const { stripeInvoiceId } = input;
  if (stripeInvoiceId === null || stripeInvoiceId === undefined) return;
  const holder = scope.renewals.find(({ invoiceId }) => invoiceId === stripeInvoiceId);
  if (holder !== undefined)
    throw new LinkConflictError(`Invoice ${quote(stripeInvoiceId)} is linked to renewal ${holder.id}.`);
  const invoice = scope.invoices.find(({ id }) => id === stripeInvoiceId);
  const subscription = scope.subscriptions.find(({ id }) => id === invoice?.subscriptionId) ?? null;
  if (invoice !== undefined && !isOfCustomer(intent, invoice, subscription)) {
    throw new BadInputError(
      `Invoice ${quote(stripeInvoiceId)} is of another customer than checkout intent ${intent.id}.`,
    );
  }
}

async function insertRenewal(tx: Transaction, input: CreateRenewal): Promise<RenewalRecord | null> {
  const rows = await tx.query(
    `insert into renewal (checkout_intent_id, subscription_plan_renewal_id, prior_subscription_plan_uuid, renewed_subscription_plan_uuid,
       given_stripe_subscription_id, given_date, stripe_invoice_id, linked_by, processed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (subscription_plan_renewal_id) do nothing returning ${selectList(renewalTable)}`,
    [
      input.checkoutIntentId,
      input.subscriptionPlanRenewalId,
      input.priorSubscriptionPlanUuid ?? null,
      input.renewedSubscriptionPlanUuid ?? null,
      input.stripeSubscriptionId ?? null,
      input.effectiveDate ?? null,
      input.stripeInvoiceId ?? null,
      (input.stripeInvoiceId ?? null) === null ? null : LinkedBy.PERSON,
      input.processedAt ?? null,
    ],
  );
  return toRecords(renewalTable, rows)[0] ?? null;
}

/** Two renewals of one subscription at one date could never be told apart. */
function assertOnlyOneAtDate(settled: readonly Settlement[], renewalId: string): void {
  const renewals = settled.flatMap((settlement) => settlement.renewals);
  const renewal = renewals.find(({ id }) => id === renewalId);
  const date = renewal?.effectiveDate?.getTime();
  if (renewal === undefined || date === undefined || renewal.canceledByHand) return;
  const twin = renewals.find(
    (other) =>
      other.id !== renewal.id &&
      other.subscriptionId === renewal.subscriptionId &&
      // Without a subscription yet, those of one intent will have the same one.
      (other.subscriptionId !== null || other.intentId === renewal.intentId) &&
      other.effectiveDate?.getTime() === date &&
      !other.canceledByHand,
  );
  if (twin === undefined) return;
  throw new BadInputError(
    `Renewal ${twin.id} (${quote(twin.subscriptionPlanRenewalId)}) is of the same subscription and the same date. Give another date, or cancel that one first.`,
  );
}

function assertMayEdit(renewal: RenewalRecord, input: UpdateRenewal): void {
  const isFinal = renewal.state === RenewalState.PAID || renewal.state === RenewalState.PROCESSED;
  if (!isFinal) return;
  const refuse = (what: string): never => {
    throw new LinkConflictError(`Renewal ${renewal.id} is ${renewal.state}: its ${what} cannot be changed any more.`);
  };
  if (input.isCanceled === true) refuse('cancellation');
  if (input.stripeSubscriptionId !== undefined && input.stripeSubscriptionId !== renewal.subscriptionId)
    refuse('subscription');
}

function edited(renewal: RenewalRecord, input: UpdateRenewal): RenewalRecord {
  const keep = <T>(given: T | undefined, present: T): T => (given === undefined ? present : given);
  const date =
    input.effectiveDate === undefined
      ? {}
      : { givenDate: input.effectiveDate, isDateFixed: input.effectiveDate !== null };
  return {
    ...renewal,
    ...date,
    givenSubscriptionId: keep(input.stripeSubscriptionId, renewal.givenSubscriptionId),
    priorSubscriptionPlanUuid: keep(input.priorSubscriptionPlanUuid, renewal.priorSubscriptionPlanUuid),
    renewedSubscriptionPlanUuid: keep(input.renewedSubscriptionPlanUuid, renewal.renewedSubscriptionPlanUuid),
    canceledByHand: input.isCanceled === undefined ? renewal.canceledByHand : input.isCanceled === true,
  };
}

function toList(value: string | null | undefined): string[] {
  return value === null || value === undefined ? [] : [value];
}
