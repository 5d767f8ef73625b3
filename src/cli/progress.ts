import { SingleBar } from 'cli-progress';

/** Shows how far long work has come: a bar on a terminal, a plain line elsewhere, nothing for machines. */
export interface Progress {
  each<Item>(title: string, items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void>;
}

export function createProgress({ json }: Readonly<{ json: boolean }>): Progress {
  return {
    async each(title, items, work) {
      const bar = json ? NO_BAR : process.stderr.isTTY ? openBar(title, items.length) : openLines(title, items.length);
      try {
        await Promise.all(
          items.map(async (item) => {
            await work(item);
            bar.advance();
          }),
        );
      } finally {
        bar.stop();
      }
    },
  };
}

interface Bar {
  advance(): void;
  stop(): void;
}

const NO_BAR: Bar = { advance: () => undefined, stop: () => undefined };

function openBar(title: string, total: number): Bar {
  const bar = new SingleBar({
    format: `${title.padEnd(30)} {bar} {value}/{total}  {eta_formatted}`,
    stream: process.stderr,
  });
  bar.start(total, 0);
  return { advance: () => bar.increment(), stop: () => bar.stop() };
}

function openLines(title: string, total: number): Bar {
  let done = 0;
  return {
    advance: () => {
      done += 1;
    },
    stop: () => void process.stderr.write(`${title}: ${done} of ${total}\n`),
  };
}
