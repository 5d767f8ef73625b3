import { readInvoice } from '@renewal-ledger/sdk';
import { foldInvoices, withFirstCustomer } from '../../src/ledger/fold.js';
import { type EventRead, readEvent } from '../../src/ledger/read-events.js';
import type { IntentRecord, InvoiceRecord, RenewalRecord, SubscriptionRecord } from '../../src/ledger/records.js';
import { isPaidAfterEnd } from '../../src/ledger/reports.js';
import type { Scope } from '../../src/ledger/scope.js';
import { groupsOf } from '../../src/ledger/settle-scope.js';
import { type Settlement, settle } from '../../src/ledger/settle.js';
import { anIntent, aRenewal, aSubscription, instant, INTENT_UUID } from './builders.js';

/** Something that happens: events of invoices that come in one batch, or a renewal that is created, with its intent where that is missing. */
export type Happening =
  | { readonly kind: 'batch'; readonly events: readonly object[] }
  | { readonly kind: 'intent' }
  | { readonly kind: 'renewal'; readonly number: number; readonly date: Date; readonly names?: string | undefined };

/** What there is in the end, by ids that do not depend on the order of creation. */
export interface Outcome {
  readonly intent: Pick<IntentRecord, 'state' | 'customerId'> | undefined;
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly facts: readonly Partial<InvoiceRecord>[];
  readonly outcomes: Readonly<Record<string, string | null>>;
  readonly renewals: Readonly<Record<string, Partial<RenewalRecord>>>;
  /** `renewal.paid` and `payment.received`, by what they are about. */
  readonly announced: readonly string[];
  /** `attention.needed`, by code and subject. */
  readonly reports: readonly string[];
  /** The invoices, subscriptions and renewals that a report is about. */
  readonly reported: ReadonlySet<string>;
}

const EMPTY: Scope = { intents: [], subscriptions: [], moves: [], invoices: [], renewals: [], refusedPairs: [] };

/** The ledger without a database: the same pure rules, over one scope that holds everything. */
export class World {
  #scope = EMPTY;
  readonly #announced = new Set<string>();
  readonly #reports = new Set<string>();
  readonly #reported = new Set<string>();

  happen(happening: Happening): void {
    if (happening.kind === 'batch') this.#record(happening.events);
    if (happening.kind !== 'batch')
      this.#settle({ ...this.#scope, intents: [anIntent()] }, this.#scope.intents.length === 0);
    if (happening.kind === 'renewal') this.#create(happening);
  }

  outcome(): Outcome {
    const [intent] = this.#scope.intents;
    return {
      intent: intent && { state: intent.state, customerId: intent.customerId },
      subscriptions: this.#scope.subscriptions.toSorted(byId),
      facts: this.#scope.invoices
        .toSorted(byId)
        .map(({ outcome: _outcome, isLinked: _isLinked, wantedRenewalId: _wanted, ...fact }) => fact),
      outcomes: Object.fromEntries(this.#scope.invoices.map(({ id, outcome }) => [id, outcome])),
      renewals: Object.fromEntries(
        this.#scope.renewals.map((renewal) => [renewal.subscriptionPlanRenewalId, told(renewal)]),
      ),
      announced: [...this.#announced].toSorted(),
      reports: [...this.#reports].toSorted(),
      reported: new Set(this.#reported),
    };
  }

  #record(events: readonly object[]): void {
    const read = events.map(readFacts);
    const known = new Set(this.#scope.subscriptions.map(({ id }) => id));
    const missing = read
      .flatMap(({ mentions }) => mentions.flatMap(({ subscriptionId }) => subscriptionId ?? []))
      .filter((id) => !known.has(id));
    const rows = [...this.#scope.subscriptions, ...[...new Set(missing)].map(unseen)];
    const subscriptions = rows.map((row) =>
      read.reduce(
        (seen, { event, mentions }) =>
          mentions.reduce(
            (last, mention) =>
              mention.subscriptionId === row.id ? withFirstCustomer(last, event, mention.customerId) : last,
            seen,
          ),
        row,
      ),
    );
    const { invoices } = foldInvoices(
      this.#scope.invoices,
      read.flatMap((event) => event.invoices),
    );
    this.#settle({ ...this.#scope, subscriptions, invoices });
  }

  #create({ number, date, names }: Extract<Happening, { kind: 'renewal' }>): void {
    if (this.#scope.renewals.some(({ id }) => id === String(number))) return;
    const renewal = {
      ...aRenewal({ id: String(number), date }),
      givenSubscriptionId: names ?? null,
      subscriptionId: null,
    };
    const isKnown = names === undefined || this.#scope.subscriptions.some(({ id }) => id === names);
    const subscriptions = isKnown ? this.#scope.subscriptions : [...this.#scope.subscriptions, unseen(names)];
    this.#settle({ ...this.#scope, subscriptions, renewals: [...this.#scope.renewals, renewal] });
  }

  #settle(next: Scope, isNeeded = true): void {
    if (!isNeeded) return;
    const settlements = groupsOf(next).map((group) => settle(group));
    for (const settlement of settlements) this.#tell(settlement);
    this.#scope = {
      ...next,
      intents: settlements.flatMap(({ intent }) => intent ?? []),
      subscriptions: settlements.flatMap(({ group }) => group.subscriptions),
      invoices: settlements.flatMap(({ invoices }) => invoices),
      renewals: settlements.flatMap(({ renewals }) => renewals),
    };
  }

  #tell({ group, invoices, renewals, reports }: Settlement): void {
    for (const { code, subject, renewalId } of reports) {
      this.#reports.add(`${code}:${subject}`);
      this.#reported.add(subject);
      if (renewalId !== null) this.#reported.add(planOf(renewalId));
    }
    for (const { id, status, subscriptionId, total } of invoices) {
      if (status === 'paid' && subscriptionId !== null && (total ?? 0) > 0)
        this.#announced.add(`payment.received:${id}`);
    }
    for (const renewal of renewals.filter(({ state }) => state === 'PAID')) {
      const invoice = invoices.find(({ id }) => id === renewal.invoiceId);
      const subscription = group.subscriptions.find(({ id }) => id === invoice?.subscriptionId);
      if (!isPaidAfterEnd(invoice, subscription))
        this.#announced.add(`renewal.paid:${renewal.subscriptionPlanRenewalId}:${renewal.invoiceId}`);
    }
  }
}

/** What of a renewal does not depend on the order of creation. */
export function told({
  id: _id,
  intentId: _intentId,
  processingStartedAt: _started,
  ...renewal
}: RenewalRecord): Partial<RenewalRecord> {
  return renewal;
}

const planOf = (renewalId: string): string => aRenewal({ id: renewalId }).subscriptionPlanRenewalId;

export const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);

function readFacts(event: object): EventRead {
  const { id, type, created, data } = event as { id: string; type: string; created: number; data: { object: unknown } };
  const facts = [{ kind: 'invoice', invoice: readInvoice(data.object) }];
  return readEvent({ id, type, created: instant(created), receivedAt: instant('2026-06-01'), facts });
}

function unseen(id: string): SubscriptionRecord {
  const first = { firstCustomerId: null, firstEventAt: null, firstEventId: null };
  return aSubscription({ id, intentId: null, namedIntentUuid: null, ...first });
}

export const METADATA = { checkout_intent_uuid: INTENT_UUID };
