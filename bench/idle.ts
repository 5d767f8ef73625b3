import { setTimeout as pause } from 'node:timers/promises';
import { ledger } from './contestants/contestant.js';
import type { BenchServer } from './database.js';
import { eventText, type EventText } from './events.js';
import { Connection } from './load/connection.js';
import { signedPost } from './load/posts.js';
import { openPlayer } from './open-player.js';
import { preload } from './preload.js';
import { openWatch } from './watch.js';

export interface IdleFigures {
  /** Milliseconds from the answer to the link, and to the paid renewal. */
  readonly linked: readonly number[];
  readonly paid: readonly number[];
}

const PAUSE_MS = 30;

/** One event after the other against a service that has nothing else to do: how soon its consequence is there. */
export async function measureIdle(server: BenchServer, pairs: number): Promise<IdleFigures> {
  const player = await openPlayer(server, ledger('all'), 'idle');
  const watch = await openWatch(player.databaseUrl, 1);
  const connection = await Connection.open(player.contestant.url);
  const texts = { LINKED: eventText('invoice.created'), PAID: eventText('invoice.paid') };
  const figures = { LINKED: [] as number[], PAID: [] as number[] };
  const post = async (text: EventText, index: number) => {
    const status = await connection.post(signedPost(text(index), player.program.path));
    if (status !== 200) throw new Error(`A post was answered ${status}.`);
  };
  try {
    await preload(player.sql, 0, pairs);
    for (let index = 0; index < pairs; index += 1) {
      for (const state of ['LINKED', 'PAID'] as const) {
        await post(texts[state], index);
        watch.await(index, state);
        figures[state].push(...(await watch.seen()));
        await pause(PAUSE_MS);
      }
    }
  } finally {
    connection.close();
    await watch.close();
    await player.leave();
  }
  const warmUp = Math.min(10, pairs - 1);
  return { linked: figures.LINKED.slice(warmUp), paid: figures.PAID.slice(warmUp) };
}
