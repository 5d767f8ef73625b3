import { LedgerError } from '../errors.js';
import type { Logger } from '../log.js';
import { toLastError } from './last-error.js';
import type { NewEvent } from './new-event.js';

export type StoreOutcome = 'STORED' | 'DUPLICATE';

/**
 * Stores a group of events, free of duplicates, in one transaction, and answers the ids of those that are new.
 * `isOfARow` tells a failure that one of the rows caused from one that hit them all.
 */
export interface EventStore {
  insert(events: readonly NewEvent[]): Promise<ReadonlySet<string>>;
  isOfARow(error: unknown): boolean;
}

export interface WriterLimits {
  /** Groups on their way at once. */
  readonly slots: number;
  readonly eventsPerGroup: number;
  readonly bytesPerGroup: number;
  readonly eventsInQueue: number;
  readonly bytesInQueue: number;
  /** A post that is not stored by then is refused; its write may still succeed, and the repeated post is then a duplicate. */
  readonly patienceMs: number;
}

const LIMITS: WriterLimits = {
  slots: 2,
  eventsPerGroup: 200,
  bytesPerGroup: 4 * 2 ** 20,
  eventsInQueue: 5_000,
  bytesInQueue: 64 * 2 ** 20,
  patienceMs: 4_000,
};

/** Events that make a statement's own cost small beside theirs. PostgreSQL begins with them while the rest of a burst is still read. */
const ENOUGH = 16;

/** Posts in hand, waiting or on their way to the database, that press nobody. */
const AT_EASE = 3;

/** The event may or may not have been stored: Stripe has to post it again. */
export class NotStoredError extends LedgerError {
  readonly code = 'NOT_STORED';

  constructor(why: string, options?: ErrorOptions) {
    super(`The event was not stored (${why}). Post it again.`, options);
  }
}

interface Waiting {
  readonly event: NewEvent;
  readonly timer: NodeJS.Timeout;
  resolve(outcome: StoreOutcome): void;
  reject(error: NotStoredError): void;
}

/**
 * Stores events by group commit: whatever has queued up when a slot falls free shares one transaction. There is no timed
 * window, so a lone event waits for nobody and a burst costs few commits.
 */
export class EventWriter {
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #busySlots = 0;
  #onTheirWay = 0;
  #isFlushScheduled = false;
  #closed: (() => void) | undefined;
  readonly #limits: WriterLimits;

  constructor(
    private readonly store: EventStore,
    private readonly log: Logger,
    limits: Partial<WriterLimits> = {},
  ) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** @throws NotStoredError within `patienceMs`, whatever the database does. */
  write(event: NewEvent): Promise<StoreOutcome> {
    if (this.#closed !== undefined) return Promise.reject(new NotStoredError('the service is stopping'));
    const bytes = this.#queuedBytes + event.body.length;
    if (this.#queue.length >= this.#limits.eventsInQueue || bytes > this.#limits.bytesInQueue) {
      return Promise.reject(new NotStoredError('too many events are waiting for the database'));
    }
    this.#queuedBytes = bytes;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp(waiting), this.#limits.patienceMs);
      const waiting: Waiting = { event, timer, resolve, reject };
      this.#queue.push(waiting);
      this.#scheduleFlush();
    });
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** True while more posts wait for their answers than a quiet hour has at once. */
  get isPressed(): boolean {
    return this.#queue.length + this.#onTheirWay > AT_EASE;
  }

  /** Takes no more events, and returns when those that were taken are stored or refused. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = resolve;
      this.#scheduleFlush();
    });
  }

  /** Posts that came in with the same turn of the event loop share a group; so many that they need no more go at once. */
  #scheduleFlush(): void {
    if (this.#queue.length >= ENOUGH) return this.#flush();
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushScheduled = false;
    while (this.#busySlots < this.#limits.slots && this.#queue.length > 0) {
      const group = this.#takeGroup();
      this.#busySlots++;
      this.#onTheirWay += group.length;
      void this.#writeGroup(group).finally(() => {
        this.#busySlots--;
        this.#onTheirWay -= group.length;
        this.#flush();
      });
    }
    if (this.#busySlots === 0) this.#closed?.();
  }

  #takeGroup(): Waiting[] {
    let count = 0;
    for (let bytes = 0; count < this.#queue.length && count < this.#limits.eventsPerGroup; count++) {
      bytes += this.#queue[count]!.event.body.length;
      if (count > 0 && bytes > this.#limits.bytesPerGroup) break;
    }
    const group = this.#queue.splice(0, count);
    for (const { event } of group) this.#queuedBytes -= event.body.length;
    return group;
  }

  /** Never rejects. Of a group that a row made fail, each half is written alone, until the culprit stands alone. */
  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const firsts = firstOfEachId(group);
    try {
      settle(group, firsts, await this.store.insert([...firsts.values()].map(({ event }) => event)));
    } catch (error) {
      if (firsts.size === 1 || !this.store.isOfARow(error)) return this.#refuse(group, error);
      const middle = Math.ceil(group.length / 2);
      await this.#writeGroup(group.slice(0, middle));
      await this.#writeGroup(group.slice(middle));
    }
  }

  #refuse(group: readonly Waiting[], cause: unknown): void {
    this.log.warn(
      { events: group.length, because: toLastError(cause) },
      'Events were not stored; Stripe posts them again',
    );
    for (const waiting of group) {
      clearTimeout(waiting.timer);
      waiting.reject(new NotStoredError('the database did not take it', { cause }));
    }
  }

  #giveUp(waiting: Waiting): void {
    const index = this.#queue.indexOf(waiting);
    if (index >= 0) {
      this.#queue.splice(index, 1);
      this.#queuedBytes -= waiting.event.body.length;
    }
    waiting.reject(new NotStoredError('the database did not answer in time'));
  }
}

/** The first body stands, also within a group. */
function firstOfEachId(group: readonly Waiting[]): Map<string, Waiting> {
  const firsts = new Map<string, Waiting>();
  for (const waiting of group) if (!firsts.has(waiting.event.id)) firsts.set(waiting.event.id, waiting);
  return firsts;
}

function settle(group: readonly Waiting[], firsts: ReadonlyMap<string, Waiting>, stored: ReadonlySet<string>): void {
  for (const waiting of group) {
    clearTimeout(waiting.timer);
    const { id } = waiting.event;
    waiting.resolve(stored.has(id) && firsts.get(id) === waiting ? 'STORED' : 'DUPLICATE');
  }
}
