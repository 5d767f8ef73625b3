import type { Transaction } from '../../database/transaction.js';
import type { CheckoutIntentState } from '../../entities/states.js';
import { BadInputError, LinkConflictError, NotFoundError } from '../../errors.js';
import { announceAttention, idsFor } from '../announcements.js';
import { isIntentId } from '../intent-name.js';
import { followersOf } from '../intent-states.js';
import { raise } from '../raise.js';
import type { IntentRecord } from '../records.js';
import { closeFactGate, lockScope, type Scope } from '../scope.js';
import { assertReason, assertText, type CommandContext, quote, runCommand, settleFor } from './context.js';

/** Undefined leaves a field, null clears it. */
interface IntentFields {
  readonly enterpriseName?: string | null | undefined;
  readonly enterpriseSlug?: string | null | undefined;
  readonly enterpriseUuid?: string | null | undefined;
  readonly stripeCustomerId?: string | null | undefined;
}

export interface CreateCheckoutIntent extends IntentFields {
  readonly uuid?: string | null | undefined;
  readonly quantity: number;
  readonly state: CheckoutIntentState;
}

export interface UpdateCheckoutIntent extends IntentFields {
  readonly id: string;
  readonly state?: CheckoutIntentState | null | undefined;
  readonly quantity?: number | null | undefined;
  readonly reason?: string | null | undefined;
}

/** A repeat answers the present row. Finds the facts that named the intent before it existed. */
export async function createCheckoutIntent(context: CommandContext, input: CreateCheckoutIntent): Promise<string> {
  assertFields(input);
  return runCommand(context, async (tx) => {
    // Either a batch on its way sees this intent, or the intent sees the subscriptions that name it.
    await closeFactGate(tx);
    const inserted = await insertIntent(tx, input);
    if (inserted === null) return presentIntent(tx, input.uuid ?? '');
    const subscriptionIds = await subscriptionsNaming(tx, inserted);
    const before = await lockScope(tx, { intentIds: [inserted.id], subscriptionIds });
    await settleFor(context, tx, { before, next: before, created: { intentId: inserted.id }, reason: 'created' });
    return inserted.id;
  });
}

export async function updateCheckoutIntent(context: CommandContext, input: UpdateCheckoutIntent): Promise<string> {
  assertFields(input);
  assertReason(input.reason);
  if (input.state === null) throw new BadInputError('state cannot be cleared; leave it out, or give a state.');
  if (input.quantity === null) throw new BadInputError('quantity cannot be cleared; leave it out, or give a number.');
  const refusal = await runCommand(context, async (tx) => {
    const before = await lockScope(tx, { intentIds: isIntentId(input.id) ? [input.id] : [] });
    const intent = before.intents.find(({ id }) => id === input.id);
    if (intent === undefined) throw new NotFoundError(`There is no checkout intent with the id ${quote(input.id)}.`);
    const refused = refusalOf(intent, input.state ?? intent.state);
    if (refused === null)
      await settleFor(context, tx, {
        before,
        next: withIntent(before, edited(intent, input)),
        reason: input.reason ?? null,
      });
    else await reportRefusal(context, tx, { intent, message: refused });
    return refused;
  });
  if (refusal !== null) throw new LinkConflictError(refusal);
  return input.id;
}

function assertFields(input: IntentFields & { readonly quantity?: number | null | undefined }): void {
  assertText('enterpriseName', input.enterpriseName);
  assertText('enterpriseSlug', input.enterpriseSlug);
  assertText('stripeCustomerId', input.stripeCustomerId);
  if (typeof input.quantity === 'number' && input.quantity < 1) throw new BadInputError('quantity must be 1 or more.');
}

function refusalOf(intent: IntentRecord, state: CheckoutIntentState): string | null {
  const allowed = followersOf(intent.state);
  if (state === intent.state || allowed.includes(state)) return null;
  const may = allowed.length === 0 ? 'nothing may follow it' : `only ${allowed.join(', ')} may follow it`;
  return `Checkout intent ${intent.id} is ${intent.state}: ${may}, not ${state}.`;
}

/** Whoever asked is told by an error; that a service and the ledger think differently of an intent is for a person to see. */
function reportRefusal(
  { announcer, clock }: CommandContext,
  tx: Transaction,
  { intent, message }: { readonly intent: IntentRecord; readonly message: string },
): Promise<void> {
  const ids = idsFor(intent, null, null);
  const report = announceAttention({ ...ids, code: 'FORBIDDEN_TRANSITION', subject: intent.id, message });
  return raise(tx, [report], { announcer, now: clock.now(), announce: true });
}

function edited(intent: IntentRecord, input: UpdateCheckoutIntent): IntentRecord {
  const keep = <T>(given: T | undefined, present: T): T => (given === undefined ? present : given);
  return {
    ...intent,
    state: input.state ?? intent.state,
    quantity: input.quantity ?? intent.quantity,
    givenCustomerId: keep(input.stripeCustomerId, intent.givenCustomerId),
    enterpriseName: keep(input.enterpriseName, intent.enterpriseName),
    enterpriseSlug: keep(input.enterpriseSlug, intent.enterpriseSlug),
    enterpriseUuid: keep(input.enterpriseUuid, intent.enterpriseUuid),
  };
}

function withIntent(scope: Scope, intent: IntentRecord): Scope {
  return { ...scope, intents: scope.intents.map((other) => (other.id === intent.id ? intent : other)) };
}

async function insertIntent(
  tx: Transaction,
  input: CreateCheckoutIntent,
): Promise<{ id: string; uuid: string } | null> {
  const [row] = await tx.query<{ id: string; uuid: string }>(
    `insert into checkout_intent
       (uuid, state, enterprise_name, enterprise_slug, enterprise_uuid, given_stripe_customer_id, stripe_customer_id, quantity)
     values (coalesce($1::uuid, gen_random_uuid()), $2, $3, $4, $5, $6, $6, $7)
     on conflict (uuid) do nothing returning id, uuid`,
    [
      input.uuid ?? null,
      input.state,
      input.enterpriseName ?? null,
      input.enterpriseSlug ?? null,
      input.enterpriseUuid ?? null,
      input.stripeCustomerId ?? null,
      input.quantity,
    ],
  );
  return row ?? null;
}

async function presentIntent(tx: Transaction, uuid: string): Promise<string> {
  const [row] = await tx.query<{ id: string }>('select id from checkout_intent where uuid = $1::uuid', [uuid]);
  if (row === undefined)
    throw new NotFoundError(
      `The checkout intent ${quote(uuid)} was removed while it was created again; try once more.`,
    );
  return row.id;
}

async function subscriptionsNaming(tx: Transaction, { id, uuid }: { id: string; uuid: string }): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    'select id from subscription where named_intent_uuid = $1::uuid union select id from subscription where named_intent_id = $2::bigint',
    [uuid, id],
  );
  return rows.map((row) => row.id);
}
