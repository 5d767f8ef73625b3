import { type Contestant, ledger, SYNC_ENGINE } from './contestants/contestant.js';
import type { BenchServer } from './database.js';
import { eventText } from './events.js';
import { postAll } from './load/closed-loop.js';
import { range, signedPosts } from './load/posts.js';
import { type CpuSeconds, openPlayer, type Player, withCpu } from './open-player.js';
import type { Options } from './options.js';
import { assertPaid, preload } from './preload.js';
import { untilHandled } from './until.js';

export interface HandlingTurn {
  readonly contestant: string;
  readonly events: number;
  readonly seconds: number;
  readonly cpu: CpuSeconds;
}

/** Events that are there already, by one process: what the worker makes of them, and what stripe-sync-engine writes of the same. */
export async function measureHandling(
  server: BenchServer,
  options: Options,
  onTurn: (turn: HandlingTurn) => void,
): Promise<HandlingTurn[]> {
  const web = await openPlayer(server, ledger('web'), 'handling');
  const worker = await ledger('worker').start(web.databaseUrl);
  const engine = await openPlayer(server, SYNC_ENGINE, 'writing');
  const pairs = Math.ceil(options.pairs / options.turns);
  const turns: HandlingTurn[] = [];
  try {
    await preload(web.sql, 0, pairs * (options.turns + 1));
    // The first turn warms up, and is not counted.
    for (let turn = 0; turn <= options.turns; turn += 1) {
      const span = { from: turn * pairs, pairs };
      const taken = [await handleTurn(server, { web, worker }, span), await writeTurn(server, engine, span)];
      if (turn > 0) turns.push(...taken);
      if (turn > 0) taken.forEach(onTurn);
    }
    await assertPaid(web.sql, pairs * (options.turns + 1));
  } finally {
    await worker.stop();
    await Promise.all([web.leave(), engine.leave()]);
  }
  return turns;
}

interface Span {
  readonly from: number;
  readonly pairs: number;
}

/** The service in two processes, so that one can stand still. */
interface Service {
  readonly web: Player;
  readonly worker: Contestant;
}

/** The worker stands still while the web process stores the events: all created, then all paid, as they would be an hour apart. */
async function handleTurn(server: BenchServer, { web, worker }: Service, { from, pairs }: Span): Promise<HandlingTurn> {
  worker.freeze();
  await server.checkpoint();
  for (const type of ['invoice.created', 'invoice.paid'] as const) {
    const posts = signedPosts(eventText(type), web.program.path, range(from, pairs));
    const { refusals } = await postAll({ url: web.contestant.url, posts, connections: 50 });
    if (refusals.length > 0) throw new Error(`${refusals.length} events were not stored.`);
  }
  const { result: seconds, cpu } = await withCpu(server, worker, async () => {
    const start = performance.now();
    worker.thaw();
    await untilHandled(web.sql);
    return (performance.now() - start) / 1000;
  });
  return { contestant: 'renewal-ledger: links, pays, announces', events: 2 * pairs, seconds, cpu };
}

async function writeTurn(server: BenchServer, { contestant }: Player, { from, pairs }: Span): Promise<HandlingTurn> {
  await server.checkpoint();
  const { result: seconds, cpu } = await withCpu(server, contestant, async () => {
    const response = await fetch(`${contestant.url}/process?from=${from}&pairs=${pairs}`, { method: 'POST' });
    if (!response.ok) throw new Error(`stripe-sync-engine failed: ${await response.text()}`);
    return ((await response.json()) as { seconds: number }).seconds;
  });
  return { contestant: 'stripe-sync-engine: writes the invoice', events: 2 * pairs, seconds, cpu };
}
