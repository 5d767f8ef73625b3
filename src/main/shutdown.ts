import { LedgerError } from '../errors.js';
import type { Logger } from '../log.js';

/** Something that was opened, and how to close it again. */
export type Closer = () => Promise<void>;

export interface Shutdown {
  /**
   * Closers run one after another, the last added first, each for at most so long.
   * @throws StoppedError where the process stops already: then nothing more is to be opened.
   */
  readonly add: (close: Closer, withinMs: number) => void;
  /** Ends the process on the first SIGINT, SIGTERM or SIGHUP of this source, and at once on a second one. */
  listen(source: NodeJS.EventEmitter): void;
  /** Waits for what is being opened. If it fails, what was opened before is closed, and the failure thrown on. */
  guard(opening: Promise<void>): Promise<void>;
}

class StoppedError extends LedgerError {
  readonly code = 'STOPPED';
}

/** npm hands on the Ctrl-C that the terminal has sent us already: what comes this soon is the same wish. */
const SAME_WISH_MS = 1_000;

/** How long a start that is interrupted may take to notice. */
const OPENING_MS = 8_000;

export function createShutdown(log: Logger, exit: (code: number) => void): Shutdown {
  const closers: { close: Closer; withinMs: number }[] = [];
  let opening: Promise<void> = Promise.resolve();
  let stopping: { since: number; done: Promise<void> } | undefined;

  const closeAll = async (): Promise<void> => {
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) await closed(next, log);
  };
  const stop = (code: number, because: () => void): void => {
    if (stopping !== undefined) {
      if (performance.now() - stopping.since > SAME_WISH_MS) exit(1);
      return;
    }
    because();
    const opened = opening.catch(() => undefined);
    closers.push({ close: () => opened, withinMs: OPENING_MS });
    stopping = { since: performance.now(), done: closeAll().finally(() => exit(code)) };
  };

  return {
    add(close, withinMs) {
      closers.push({ close, withinMs });
      if (stopping !== undefined) throw new StoppedError('The start was interrupted by a signal.');
    },
    listen(source) {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        source.on(signal, () => stop(0, () => log.info({ signal }, 'Stopping')));
      }
      source.on('uncaughtException', (error: unknown) => {
        stop(1, () => log.fatal({ err: error }, 'Something failed that nobody took care of; stopping'));
      });
    },
    async guard(promise) {
      opening = promise;
      try {
        await promise;
      } catch (error) {
        await (stopping?.done ?? closeAll());
        throw error;
      }
    },
  };
}

async function closed({ close, withinMs }: { close: Closer; withinMs: number }, log: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, withinMs, 'late');
  });
  try {
    if ((await Promise.race([close(), late])) === 'late')
      log.warn({ withinMs }, 'Something did not stop in time and is left behind');
  } catch (error) {
    log.error({ err: error }, 'Something failed while stopping');
  } finally {
    clearTimeout(timer);
  }
}
