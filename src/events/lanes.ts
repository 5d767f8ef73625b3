/** Work split over lanes of this process: what shares a lane's name is never worked on side by side. */
export interface Lanes<Item> {
  /** Resolves when all of these have been worked on; rejects, then too, with the first failure. */
  push(items: readonly Item[]): Promise<void>;
}

export interface LanesOptions<Item> {
  readonly count: number;
  /** A lane takes what is there, up to this. */
  readonly batchSize: number;
  laneOf(item: Item): string;
  /** Awaited before each batch is taken. */
  untilReady?(): Promise<void>;
  run(batch: readonly Item[]): Promise<void>;
}

interface Waiting<Item> {
  readonly item: Item;
  settle(failure?: Error): void;
}

export function createLanes<Item>({ count, batchSize, laneOf, untilReady, run }: LanesOptions<Item>): Lanes<Item> {
  const lanes = Array.from({ length: count }, () => ({ waiting: [] as Waiting<Item>[], isRunning: false }));

  async function drain(lane: (typeof lanes)[number]): Promise<void> {
    if (lane.isRunning) return;
    lane.isRunning = true;
    while (lane.waiting.length > 0) {
      if (untilReady !== undefined) await untilReady();
      const batch = lane.waiting.splice(0, batchSize);
      const failure = await run(batch.map(({ item }) => item)).then(() => undefined, toError);
      for (const { settle } of batch) settle(failure);
    }
    lane.isRunning = false;
  }

  return {
    push(items) {
      return new Promise((resolve, reject) => {
        let left = items.length;
        let first: Error | undefined;
        const settle: Waiting<Item>['settle'] = (failure) => {
          first ??= failure;
          left -= 1;
          if (left > 0) return;
          if (first === undefined) resolve();
          else reject(first);
        };
        if (items.length === 0) resolve();
        for (const item of items) lanes[hash(laneOf(item)) % count]!.waiting.push({ item, settle });
        for (const lane of lanes) void drain(lane);
      });
    },
  };
}

const toError = (error: unknown): Error =>
  error instanceof Error ? error : new Error('A batch failed.', { cause: error });

/** FNV-1a: the same lane for the same name. */
function hash(name: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) value = Math.imul(value ^ name.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
