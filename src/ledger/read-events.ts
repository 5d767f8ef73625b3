import { readSubscription } from '@renewal-ledger/sdk';
import { announceAttention, type Announcement, idsFor } from './announcements.js';
import type { Fact } from './fact.js';
import { readIntentName } from './intent-name.js';
import { type FactEvent, toInvoiceRecord } from './invoice-facts.js';
import type { IntentName, InvoiceFactRecord } from './records.js';
import type { TimedSubscriptionEvent } from './subscription-facts.js';

/** An event with what its fact handlers read from it. */
export interface FactsOfEvent extends FactEvent {
  readonly facts: readonly unknown[];
}

/** What one event says, ready to be folded. */
export interface EventRead {
  readonly event: FactsOfEvent;
  readonly invoices: readonly InvoiceFactRecord[];
  readonly subscriptions: readonly (TimedSubscriptionEvent & { readonly subscriptionId: string })[];
  /** Whom it names: subscription, customer and the intent that the metadata says. */
  readonly mentions: readonly Mention[];
  readonly problems: readonly Announcement<'attention.needed'>[];
}

export interface Mention extends IntentName {
  readonly subscriptionId: string | null;
  readonly customerId: string | null;
}

/** What cannot be read fails alone. Pure. */
export function readEvents(events: readonly FactsOfEvent[]): {
  readonly read: EventRead[];
  readonly failures: ReadonlyMap<string, Error>;
} {
  const read: EventRead[] = [];
  const failures = new Map<string, Error>();
  for (const event of events) {
    try {
      read.push(readEvent(event));
    } catch (error) {
      failures.set(event.id, error instanceof Error ? error : new Error(String(error)));
    }
  }
  return { read, failures };
}

/** Pure; what it throws is of this event alone. */
export function readEvent(event: FactsOfEvent): EventRead {
  const parts = (event.facts as Fact[]).map((fact) =>
    fact.kind === 'invoice' ? readInvoiceFact(event, fact) : readSubscriptionFact(event, fact),
  );
  return {
    event,
    invoices: parts.flatMap(({ invoices }) => invoices),
    subscriptions: parts.flatMap(({ subscriptions }) => subscriptions),
    mentions: parts.flatMap(({ mentions }) => mentions),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

type Part = Omit<EventRead, 'event'>;

const NOTHING: Part = { invoices: [], subscriptions: [], mentions: [], problems: [] };

function readInvoiceFact(event: FactEvent, { invoice }: Extract<Fact, { kind: 'invoice' }>): Part {
  if (invoice.id === null) return NOTHING;
  const record = toInvoiceRecord(event, { ...invoice, id: invoice.id });
  const problems = problemsOf(invoice.subscriptionMetadata, { ...record, invoiceId: record.id });
  return { invoices: [record], subscriptions: [], mentions: [record], problems };
}

function readSubscriptionFact(event: FactEvent, { object, previous }: Extract<Fact, { kind: 'subscription' }>): Part {
  const { id, customer, metadata } = readSubscription(object);
  if (id === null) return NOTHING;
  const mention = { subscriptionId: id, customerId: customer, ...readIntentName(metadata).name };
  return {
    invoices: [],
    subscriptions: [{ ...event, subscriptionId: id, object, previous }],
    mentions: [mention],
    problems: problemsOf(metadata, { ...mention, invoiceId: null }),
  };
}

function problemsOf(
  metadata: Readonly<Record<string, string>>,
  about: Mention & { readonly invoiceId: string | null },
): Announcement<'attention.needed'>[] {
  const { problem } = readIntentName(metadata);
  const subject = about.subscriptionId ?? about.invoiceId;
  if (problem === null || subject === null) return [];
  const report = announceAttention({
    ...idsFor(null, null, null),
    stripeSubscriptionId: about.subscriptionId,
    stripeCustomerId: about.customerId,
    stripeInvoiceId: about.invoiceId,
    code: 'METADATA_INVALID',
    subject,
    message: problem,
  });
  return [report];
}
