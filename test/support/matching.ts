import type { InvoiceSpec, Layout } from '@renewal-ledger/sdk/testing';
import { explain, type Explanation } from '../../src/ledger/explain.js';
import type { MoveRecord, RefusedPairRecord, SubscriptionRecord } from '../../src/ledger/records.js';
import { settle } from '../../src/ledger/settle.js';
import { aGroup, anIntent, anInvoiceRecord, aRenewal, aSubscription, type RenewalSpec } from './builders.js';

/** One invoice, `in_1`, and what it could pay for. */
export interface Given {
  readonly invoice?: InvoiceSpec;
  /** One that is due when the invoice's service begins, if left out. */
  readonly renewals?: readonly RenewalSpec[];
  readonly subscription?: Partial<SubscriptionRecord>;
  readonly moves?: readonly MoveRecord[];
  readonly customer?: string;
  readonly refused?: readonly RefusedPairRecord[];
}

/** The candidates are renewals by id; none of an invoice that cannot pay for any. */
export type Expected = [outcome: string, code: string, candidates?: Readonly<Record<string, string>>];

export const LINKED: Expected = ['LINKED', 'ELIGIBLE', { 1: 'ACCEPTED' }];
export const TOO_FAR: Expected = ['NO_RENEWAL', 'ELIGIBLE', { 1: 'OUT_OF_TOLERANCE' }];

/** From Stripe's payload to the verdict, as the service goes. */
export function explainGiven(
  { invoice, renewals = [{}], subscription, moves = [], customer, refused = [] }: Given,
  layout: Layout,
): Explanation {
  const record = anInvoiceRecord({ id: 'in_1', ...invoice, layout });
  const group = aGroup({
    intent: anIntent({ givenCustomerId: customer ?? null }),
    subscriptions: [aSubscription({ ...subscription })],
    moves,
    invoices: [record],
    renewals: renewals.map((renewal) => aRenewal(renewal)),
    refusedPairs: refused,
  });
  return explain(record, settle(group));
}

export function candidatesOf(explanation: Explanation): Readonly<Record<string, string>> {
  return Object.fromEntries(explanation.candidates.map(({ renewalId, code }) => [renewalId, code]));
}
