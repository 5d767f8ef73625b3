import { ledger } from './contestants/contestant.js';
import type { BenchServer } from './database.js';
import { eventText } from './events.js';
import { postPaced } from './load/open-loop.js';
import { signedPost } from './load/posts.js';
import { type CpuSeconds, openPlayer, withCpu } from './open-player.js';
import type { Options } from './options.js';
import { assertPaid, preload } from './preload.js';
import { untilHandled } from './until.js';
import { openWatch } from './watch.js';

export interface SteadyFigures {
  readonly postsPerSecond: number;
  /** From the first post until the last event was handled. */
  readonly handledPerSecond: number;
  readonly answers: readonly number[];
  /** Milliseconds from an answer to the link, or to the paid renewal, of a sample. */
  readonly consequences: readonly number[];
  readonly events: number;
  readonly cpu: CpuSeconds;
}

const SAMPLE_EVERY = 25;

/** One process that takes posts at a steady rate and handles them meanwhile. An invoice is paid a second after it is created. */
export async function measureSteady(server: BenchServer, { postsPerSecond, seconds }: Options): Promise<SteadyFigures> {
  const player = await openPlayer(server, ledger('all'), 'steady');
  const { contestant, program, sql } = player;
  try {
    const pairs = Math.ceil((postsPerSecond * seconds * 3) / 2);
    await preload(sql, 0, pairs);
    const order = interleave(pairs, Math.ceil(postsPerSecond / 2));
    const texts = { created: eventText('invoice.created'), paid: eventText('invoice.paid') };
    const posts = order.map(({ kind, index }) => signedPost(texts[kind](index), program.path));
    const watch = await openWatch(player.databaseUrl, 5);
    await server.checkpoint();
    const { result, cpu } = await withCpu(server, contestant, async () => {
      const start = performance.now();
      const onAcknowledged = (position: number) => {
        const { kind, index } = order[position]!;
        if (index % SAMPLE_EVERY === 0) watch.await(index, kind === 'created' ? 'LINKED' : 'PAID');
      };
      const sample = await postPaced({ url: contestant.url, posts, postsPerSecond, connections: 50, onAcknowledged });
      await untilHandled(sql);
      return { ...sample, handledSeconds: (performance.now() - start) / 1000 };
    });
    const consequences = await watch.seen();
    await watch.close();
    if (result.refusals.length > 0) throw new Error(`Posts were refused, by status: ${result.refusals.join(', ')}.`);
    await assertPaid(sql, pairs);
    return {
      postsPerSecond: result.acknowledged / result.elapsedSeconds,
      handledPerSecond: posts.length / result.handledSeconds,
      answers: result.latencies,
      consequences,
      events: posts.length,
      cpu,
    };
  } finally {
    await player.leave();
  }
}

interface Step {
  readonly kind: 'created' | 'paid';
  readonly index: number;
}

/** Each invoice is paid so many invoices later. */
function interleave(pairs: number, later: number): Step[] {
  const steps = Array.from({ length: pairs + later }, (_, index): Step[] => [
    { kind: 'created', index },
    { kind: 'paid', index: index - later },
  ]);
  return steps.flat().filter(({ index }) => index >= 0 && index < pairs);
}
