import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../database/transaction.js';
import { readNewEvent } from '../events/new-event.js';
import { findConflicts, type Present } from './conflicts.js';
import { Problems } from './problems.js';
import { type Placed, readRecords } from './read-records.js';
import type { EventRow, IntentRow, RenewalRow } from './records.js';

/** How many records of each kind a file has, and how many of them are there already. */
export interface Inspection {
  readonly checkoutIntents: Found;
  readonly renewals: Found;
  readonly events: Found;
  /** Events whose payload was erased where they come from: there is nothing to import. */
  readonly erased: number;
  /** Records of models that mean nothing here, by model. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Of the largest id of an intent: the sequence has to move past it. */
  readonly largestIntentId: bigint;
}

export interface Found {
  readonly inFile: number;
  readonly present: number;
}

const GROUP = 500;

/**
 * Reads a whole file and compares it with the database, before a row is written. Of intents and renewals the ids are kept, of events
 * nothing.
 * @throws ImportRefusedError with every problem.
 */
export async function inspect(
  em: EntityManager,
  path: string,
  { onRead, signal }: { readonly onRead?: (records: number) => void; readonly signal: AbortSignal },
): Promise<Inspection> {
  const problems = new Problems();
  const file = new FileInspection(problems);
  let waiting: Placed[] = [];
  let read = 0;
  const compare = async () => {
    const group = waiting;
    waiting = [];
    file.addPresent(await inTransaction(em, (tx) => findConflicts(tx, group, problems)));
    onRead?.(read);
  };
  for await (const placed of readRecords(path, problems)) {
    signal.throwIfAborted();
    read += 1;
    if (!file.add(placed)) continue;
    waiting.push(placed);
    if (waiting.length >= GROUP) await compare();
  }
  await compare();
  await file.assertIntents(em);
  problems.assertNone();
  return file.result();
}

/** What the records of one file say of each other. */
class FileInspection {
  readonly #problems: Problems;
  readonly #count = { checkoutIntent: 0, renewal: 0, event: 0, erased: 0 };
  readonly #present = { checkoutIntents: 0, renewals: 0, events: 0 };
  readonly #skipped: Record<string, number> = {};
  readonly #seen = new Map<string, number>();
  readonly #intentIds = new Set<string>();
  /** Intents that renewals name, each with the first record that does. */
  readonly #named = new Map<string, Placed>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** True where the record is to be compared with the database too. */
  add(placed: Placed): boolean {
    const { record } = placed;
    if (record.kind === 'unknown') {
      this.#skipped[record.model] = (this.#skipped[record.model] ?? 0) + 1;
      return false;
    }
    if (record.kind === 'renewal-ledger') return false;
    this.#count[record.kind] += 1;
    if (record.kind === 'checkoutIntent') this.#addIntent(placed, record);
    if (record.kind === 'renewal') this.#addRenewal(placed, record);
    if (record.kind === 'event') return this.#isEvent(placed, record);
    return record.kind !== 'erased';
  }

  addPresent({ checkoutIntents, renewals, events }: Present): void {
    this.#present.checkoutIntents += checkoutIntents;
    this.#present.renewals += renewals;
    this.#present.events += events;
  }

  /** Renewals of intents that are neither in the file nor in the database. */
  async assertIntents(em: EntityManager): Promise<void> {
    const missing = [...this.#named.keys()].filter((id) => !this.#intentIds.has(id));
    if (missing.length === 0) return;
    const absent = await inTransaction(em, (tx) =>
      tx.query<{ id: string }>(
        'select id from unnest($1::bigint[]) v(id) where not exists (select from checkout_intent c where c.id = v.id)',
        [missing],
      ),
    );
    for (const { id } of absent) {
      const named = this.#named.get(id);
      if (named !== undefined)
        this.#problems.add(named.place, 'checkoutIntentId', `names checkout intent ${id}, which is nowhere.`);
    }
  }

  result(): Inspection {
    const { checkoutIntent, renewal, event, erased } = this.#count;
    const largest = [...this.#intentIds].reduce((most, id) => (BigInt(id) > most ? BigInt(id) : most), 0n);
    return {
      checkoutIntents: { inFile: checkoutIntent, present: this.#present.checkoutIntents },
      renewals: { inFile: renewal, present: this.#present.renewals },
      events: { inFile: event, present: this.#present.events },
      erased,
      skipped: this.#skipped,
      largestIntentId: largest,
    };
  }

  #addIntent(placed: Placed, { id, uuid }: IntentRow): void {
    this.#once(placed, 'id', id);
    this.#once(placed, 'uuid', uuid);
    this.#intentIds.add(id);
  }

  #addRenewal(placed: Placed, renewal: RenewalRow): void {
    const { checkoutIntentId, stripeSubscriptionId, effectiveDate, stripeInvoiceId, isCanceled } = renewal;
    this.#once(placed, 'subscriptionPlanRenewalId', renewal.subscriptionPlanRenewalId);
    if (stripeInvoiceId !== null) this.#once(placed, 'stripeInvoiceId', stripeInvoiceId);
    if (effectiveDate !== null && !isCanceled)
      this.#once(
        placed,
        'effectiveDate',
        `${stripeSubscriptionId ?? `intent ${checkoutIntentId}`} at ${effectiveDate.toISOString()}`,
      );
    if (!this.#named.has(checkoutIntentId)) this.#named.set(checkoutIntentId, placed);
  }

  #isEvent({ place }: Placed, { body }: EventRow): boolean {
    const isEvent = readNewEvent(Buffer.from(body), 'both') !== undefined;
    if (!isEvent) this.#problems.add(place, 'body', 'must be an event: a JSON object with an id and a type.');
    return isEvent;
  }

  #once({ place }: Placed, field: string, value: string): void {
    const key = `${field}:${value}`;
    const line = this.#seen.get(key);
    if (line === undefined) this.#seen.set(key, place.line);
    else this.#problems.add(place, field, `repeats that of line ${line} (${value.slice(0, 100)}).`);
  }
}
