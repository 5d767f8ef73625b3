import { Connection } from './connection.js';

export interface LoadSample {
  readonly acknowledged: number;
  /** The status of every answer other than 2xx; 0 where there was no answer. */
  readonly refusals: readonly number[];
  readonly elapsedSeconds: number;
  /** Milliseconds from sending a request to its whole answer. */
  readonly latencies: readonly number[];
}

export interface Load {
  readonly url: string;
  readonly posts: readonly Buffer[];
  readonly connections: number;
  /** The load ends then, or when it has no more posts. */
  readonly seconds?: number;
}

/** Posts over so many connections, each of which sends its next request when it has the answer to its last one. */
export async function postAll({ url, posts, connections, seconds = Infinity }: Load): Promise<LoadSample> {
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(url)));
  const latencies: number[] = [];
  let next = 0;
  const refusals: number[] = [];
  const start = performance.now();
  const deadline = start + seconds * 1000;
  const work = async (connection: Connection) => {
    for (let sent = start; next < posts.length && sent < deadline;) {
      const request = posts[next++]!;
      sent = performance.now();
      const status = await connection.post(request).catch(() => 0);
      if (status >= 200 && status < 300) latencies.push(performance.now() - sent);
      else refusals.push(status);
      if (status === 0) return;
    }
  };
  await Promise.all(open.map(work));
  const elapsedSeconds = (performance.now() - start) / 1000;
  for (const connection of open) connection.close();
  return { acknowledged: latencies.length, refusals, elapsedSeconds, latencies };
}
