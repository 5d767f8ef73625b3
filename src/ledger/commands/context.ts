import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../../clock.js';
import { inTransaction, type Transaction } from '../../database/transaction.js';
import { LinkedBy } from '../../entities/states.js';
import { BadInputError, NotFoundError } from '../../errors.js';
import type { Announcer } from '../announcer.js';
import { isIntentId } from '../intent-name.js';
import type { RenewalRecord } from '../records.js';
import { closeFactGate, lockScope, type Scope, type ScopeKeys } from '../scope.js';
import { type ScopeChange, settleScope } from '../settle-scope.js';
import type { Settlement } from '../settle.js';

/** One call by one caller. */
export interface CommandContext {
  readonly em: EntityManager;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly by: string;
}

const RETRIES = 5;
const DEADLOCK_OR_SERIALIZATION = ['40P01', '40001'];

/** Runs a command in one transaction; one that PostgreSQL chose as a deadlock's victim is run again. */
export async function runCommand<T>(context: CommandContext, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(context.em, work);
    } catch (error) {
      if (attempt === RETRIES || !isTransient(error)) throw error;
    }
  }
}

/** Settles a locked scope after a caller's change: the caller is the author of all that follows. */
export function settleFor(
  context: Omit<CommandContext, 'em'>,
  tx: Transaction,
  { reason, ...change }: ScopeChange & { readonly reason: string | null },
): Promise<Settlement[]> {
  const { announcer, clock, by } = context;
  const authorOf = () => ({ by, reason });
  return settleScope(tx, change, { announcer, now: clock.now(), announce: true, linkAs: LinkedBy.RULE, authorOf });
}

/** Locks the intent of a renewal, and answers the renewal as it is then. */
export async function lockRenewal(
  tx: Transaction,
  renewalId: string,
  also: ScopeKeys = {},
): Promise<{ scope: Scope; renewal: RenewalRecord }> {
  const [found] = isIntentId(renewalId)
    ? await tx.query<{ checkout_intent_id: string }>('select checkout_intent_id from renewal where id = $1::bigint', [
        renewalId,
      ])
    : [];
  if (found === undefined) throw new NotFoundError(`There is no renewal with the id ${quote(renewalId)}.`);
  const scope = await lockScope(tx, { ...also, intentIds: [found.checkout_intent_id] });
  const renewal = scope.renewals.find(({ id }) => id === renewalId);
  if (renewal === undefined) throw new NotFoundError(`There is no renewal with the id ${quote(renewalId)}.`);
  return { scope, renewal };
}

/**
 * The keys by which an invoice's facts are locked: those of its subscription. Of an invoice without facts, or without a subscription, there
 * is no row to lock: then the gate is closed, so this comes before anything is locked.
 */
export async function keysOfInvoice(tx: Transaction, invoiceId: string): Promise<Required<InvoiceKeys>> {
  const known = await subscriptionOf(tx, invoiceId);
  if (known === undefined || known === null) await closeFactGate(tx);
  const subscriptionId = known ?? (await subscriptionOf(tx, invoiceId)) ?? null;
  return { invoiceIds: [invoiceId], subscriptionIds: subscriptionId === null ? [] : [subscriptionId] };
}

type InvoiceKeys = Pick<ScopeKeys, 'invoiceIds' | 'subscriptionIds'>;

/** Undefined where no such invoice is known, null where it is of no subscription. */
export async function subscriptionOf(tx: Transaction, invoiceId: string): Promise<string | null | undefined> {
  const [row] = await tx.query<{ id: string | null }>(
    'select stripe_subscription_id as id from invoice where id = $1',
    [invoiceId],
  );
  return row === undefined ? undefined : row.id;
}

export function withRenewal(scope: Scope, renewal: RenewalRecord): Scope {
  const isThere = scope.renewals.some(({ id }) => id === renewal.id);
  const renewals = isThere
    ? scope.renewals.map((other) => (other.id === renewal.id ? renewal : other))
    : [...scope.renewals, renewal];
  return { ...scope, renewals };
}

/** Refuses text that cannot be stored or is empty; `field` names it in the error. */
export function assertText(field: string, value: string | null | undefined, longest = 255): void {
  if (value === null || value === undefined) return;
  if (value.includes('\0')) throw new BadInputError(`${field} holds a NUL character; leave it out.`);
  if (!value.isWellFormed()) throw new BadInputError(`${field} holds half a surrogate pair; leave it out.`);
  if (value.trim() === '') throw new BadInputError(`${field} is empty; give a value, or leave it out.`);
  if (value.length > longest) throw new BadInputError(`${field} is longer than ${longest} characters.`);
}

/** Why somebody changed something: some sentences of a person, and no index has to hold them. */
export function assertReason(reason: string | null | undefined): void {
  assertText('reason', reason, 2_000);
}

const END_OF_YEAR_9999 = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Refuses times before 1970 and beyond the year 9999: nothing of Stripe's lies there. */
export function assertDate(field: string, value: Date | null | undefined): void {
  if (value === null || value === undefined) return;
  const time = value.getTime();
  if (time >= 0 && time <= END_OF_YEAR_9999) return;
  throw new BadInputError(`${field} must be a time from 1970 to 9999.`);
}

/** An id as it may stand in an error: bounded, and without line breaks. */
export function quote(id: string): string {
  return JSON.stringify(id.slice(0, 80));
}

function isTransient(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && DEADLOCK_OR_SERIALIZATION.includes(code)) return true;
  return cause !== undefined && cause !== null && isTransient(cause);
}
