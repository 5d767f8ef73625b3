import { SingleBar } from 'cli-progress';

/** Shows how far long work has come: a bar on a terminal, plain lines elsewhere, nothing for machines. */
export interface Progress {
  each<Item>(title: string, items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void>;
  /** For work that tells by itself how far it is. */
  open(title: string): Meter;
}

export interface Meter {
  /** `total` is null while it is not known. */
  at(done: number, total: number | null): void;
  /** A second call does nothing. */
  stop(): void;
}

export function createProgress({ json }: Readonly<{ json: boolean }>): Progress {
  const open = (title: string): Meter => (json ? NO_METER : process.stderr.isTTY ? openBar(title) : openLines(title));
  return {
    open,
    async each(title, items, work) {
      const meter = open(title);
      let done = 0;
      meter.at(0, items.length);
      try {
        await Promise.all(
          items.map(async (item) => {
            await work(item);
            meter.at((done += 1), items.length);
          }),
        );
      } finally {
        meter.stop();
      }
    },
  };
}

const NO_METER: Meter = { at: () => undefined, stop: () => undefined };

const WITH_TOTAL = '{bar} {value}/{total}  {eta_formatted}';

/** A count until the total is known, and then a bar. */
function openBar(title: string): Meter {
  let bar: SingleBar | undefined;
  let shown: number | null | undefined;
  let last: number | undefined;
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    at(done, total) {
      if (bar === undefined || (shown === null) !== (total === null)) {
        stop();
        const format = `${title.padEnd(30)} ${total === null ? '{value}' : WITH_TOTAL}`;
        bar = new SingleBar({ format, formatTime, stream: process.stderr });
        bar.start(total ?? 0, done);
      } else if (total !== null && total !== shown) bar.setTotal(total);
      if (done !== last) bar.update(done);
      [shown, last] = [total, done];
    },
    stop,
  };
}

/** What is left, once it can be guessed. */
function formatTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return '';
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  if (hours > 0) return `${hours}h${minutes}m`;
  return minutes > 0 ? `${minutes}m${Math.round(seconds % 60)}s` : `${Math.round(seconds)}s`;
}

const LINE_EVERY_MS = 5_000;

function openLines(title: string): Meter {
  let told = performance.now();
  let line: string | undefined;
  const tell = () => {
    if (line !== undefined) process.stderr.write(`${title}: ${line}\n`);
    line = undefined;
  };
  return {
    at(done, total) {
      line = total === null ? String(done) : `${done} of ${total}`;
      if (performance.now() - told < LINE_EVERY_MS) return;
      told = performance.now();
      tell();
    },
    stop: tell,
  };
}
