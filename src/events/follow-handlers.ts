import type { Logger } from '../log.js';
import type { DeliveryWorkers } from './delivery-worker.js';
import type { ChangingSource } from './handler-source.js';

export interface FollowDeps {
  readonly source: ChangingSource;
  readonly workers: DeliveryWorkers;
  readonly log: Logger;
}

/** How soon a change counts in every process. */
const EVERY_MS = 1_000;

/** Follows handlers that come and go: their workers are there before the first event is given to them. */
export function followHandlers({ source, workers, log }: FollowDeps) {
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  let isStopped = false;

  const look = async () => {
    const found = await source.read();
    const names = new Set(found.map(({ name }) => name));
    const gone = new Set(
      source
        .handlers()
        .map(({ name }) => name)
        .filter((name) => !names.has(name)),
    );
    for (const handler of found) await workers.start(handler);
    source.take(found);
    for (const name of gone) await workers.stop(name);
  };
  const again = () => {
    if (isStopped) return;
    timer = setTimeout(() => {
      looking = look()
        .catch((error: unknown) =>
          log.warn({ err: error }, 'The endpoints could not be looked up; those known before go on'),
        )
        .finally(again);
    }, EVERY_MS);
  };

  return {
    async start(): Promise<void> {
      await look();
      again();
    },
    async stop(): Promise<void> {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
