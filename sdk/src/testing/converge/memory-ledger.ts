import type { AnyEvent } from '../../event-types.js';
import type { ServiceEntityManager } from '../../handler-context.js';
import type { HandlerMap, RegisteredHandler } from '../../handler-map.js';
import { type EmittedEvent, recordRun, type RecordedRun } from '../run-handlers.js';

interface Unfinished {
  readonly handler: RegisteredHandler;
  readonly event: AnyEvent;
  tries: number;
}

const MOST_TRIES = 5;

/**
 * Delivers as the ledger does, in memory and without pauses: each event once by its id, each handler at least once, those that wait
 * or fail again, and what is emitted as events of their own.
 */
export class MemoryLedger {
  readonly #seen = new Set<string>();
  readonly #emitted = new Map<string, EmittedEvent>();
  readonly #givenUp: string[] = [];
  #unfinished: Unfinished[] = [];

  constructor(
    private readonly map: HandlerMap,
    private readonly entityManager: ServiceEntityManager,
  ) {}

  /** `lost`: the handlers run, and it is forgotten that they did. */
  async post(event: AnyEvent, lost = false): Promise<void> {
    if (this.#seen.has(event.id)) return;
    if (!lost) this.#seen.add(event.id);
    for (const handler of this.map.handlersFor(event.type)) {
      const delivery = { handler, event, tries: 0 };
      if (lost) await this.#run(delivery);
      else await this.#deliver(delivery);
    }
  }

  /** Runs what waits or failed again, until nothing more comes of it; answers what is to be the same in every order. */
  async settle(): Promise<unknown> {
    for (let round = 0; round < MOST_TRIES; round += 1) {
      const again = this.#unfinished;
      this.#unfinished = [];
      for (const delivery of again) await this.#deliver(delivery);
    }
    return {
      emitted: [...this.#emitted].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      unfinished: [...this.#unfinished.map(nameOf), ...this.#givenUp].toSorted(),
    };
  }

  async #deliver(delivery: Unfinished): Promise<void> {
    const { outcome, emitted } = await this.#run(delivery);
    if (outcome.kind === 'gaveUp') this.#givenUp.push(nameOf(delivery));
    else if (outcome.kind !== 'done') this.#unfinished.push(delivery);
    for (const event of emitted) await this.#raise(event);
  }

  #run(delivery: Unfinished): Promise<RecordedRun> {
    delivery.tries += 1;
    const { entityManager } = this;
    return recordRun(delivery.handler, delivery.event, {
      tries: delivery.tries,
      ...(entityManager === undefined ? {} : { entityManager }),
    });
  }

  async #raise(emitted: EmittedEvent): Promise<void> {
    const id = `${emitted.type}:${emitted.key}`;
    if (this.#emitted.has(id)) return;
    this.#emitted.set(id, emitted);
    const raised = { id, object: 'event', type: emitted.type, created: 0, data: { object: emitted.payload } };
    await this.post(raised);
  }
}

function nameOf({ handler, event }: Unfinished): string {
  return `${handler.name} of ${event.id}`;
}
