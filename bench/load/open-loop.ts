import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from './connection.js';
import type { LoadSample } from './closed-loop.js';

export interface PacedLoad {
  readonly url: string;
  readonly posts: readonly Buffer[];
  readonly postsPerSecond: number;
  readonly connections: number;
  onAcknowledged?(index: number): void;
}

/**
 * Posts at a steady rate, whether or not earlier posts were answered; where all connections are busy a post waits for one. Latency
 * counts from the moment at which a post was due, so that a stalled server does not hide behind the posts that it held up.
 */
export async function postPaced(load: PacedLoad): Promise<LoadSample> {
  const { posts, postsPerSecond } = load;
  const free = await Promise.all(Array.from({ length: load.connections }, () => Connection.open(load.url)));
  const all = [...free];
  const latencies: number[] = [];
  const refusals: number[] = [];
  const start = performance.now();
  const dueAt = (index: number) => start + (index * 1000) / postsPerSecond;
  const send = async (connection: Connection, index: number) => {
    const status = await connection.post(posts[index]!).catch(() => 0);
    if (status >= 200 && status < 300) {
      latencies.push(performance.now() - dueAt(index));
      load.onAcknowledged?.(index);
    } else refusals.push(status);
    free.push(connection);
  };
  const sent: Promise<void>[] = [];
  while (sent.length < posts.length) {
    while (sent.length < posts.length && free.length > 0 && dueAt(sent.length) <= performance.now())
      sent.push(send(free.pop()!, sent.length));
    await pause(1);
  }
  await Promise.all(sent);
  const elapsedSeconds = (performance.now() - start) / 1000;
  for (const connection of all) connection.close();
  return { acknowledged: latencies.length, refusals, elapsedSeconds, latencies };
}
