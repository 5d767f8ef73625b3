import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../log.js';
import type { Jobs, WakeUp } from './jobs.js';
import { toLastError } from './last-error.js';

/** Until the next statement, so that a burst shares jobs and is handled in larger batches: the longer the more there were. */
const PAUSE_MS = { shortest: 25, perEvent: 5, longest: 100 };
/** Beyond this they are the sweep's: the queue is away, and nobody knows for how long. */
const MOST_WAITING = 10_000;

/**
 * Adds the wake-up jobs of events that are stored, behind the answer: a job takes longer than its event, and says nothing that `event`
 * does not. Those that are lost with the process, or with the database, are the sweep's.
 */
export class Waker {
  #waiting: WakeUp[] = [];
  #sending: Promise<void> | undefined;

  constructor(
    private readonly jobs: Pick<Jobs, 'wakeEvents' | 'query'>,
    private readonly log: Logger,
  ) {}

  readonly wake = (wakeUps: readonly WakeUp[]): void => {
    if (wakeUps.length === 0 || this.#waiting.length > MOST_WAITING) return;
    for (const { id, lane } of wakeUps) this.#waiting.push({ id, lane });
    this.#sending ??= this.#send();
  };

  /** Returns when nothing is waiting to be sent. */
  async idle(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const wakeUps = this.#waiting.splice(0);
      try {
        await this.jobs.wakeEvents(this.jobs.query, wakeUps);
      } catch (error) {
        const because = toLastError(error);
        this.log.warn(
          { events: wakeUps.length, because },
          'Stored events were not announced to the workers; the sweep finds them',
        );
      }
      await pause(pauseAfter(wakeUps.length));
    }
    this.#sending = undefined;
  }
}

const pauseAfter = (events: number): number =>
  Math.min(PAUSE_MS.longest, Math.max(PAUSE_MS.shortest, events * PAUSE_MS.perEvent));
