import { Socket } from 'node:net';

/** No statement of a worker takes as long, and no connection idles in a pool as long. */
const LONGEST_SILENCE_MS = 120_000;

/**
 * pg's option `stream`: a connection that ends where nothing has come or gone for so long. A server that has vanished without a word (a
 * failover to another address, a firewall that forgot the connection) would hold a worker for the quarter of an hour until TCP gives up.
 */
export const endWhenSilent =
  (silenceMs = LONGEST_SILENCE_MS) =>
  (): Socket => {
    const socket = new Socket();
    return socket.setTimeout(silenceMs, () =>
      socket.destroy(new Error(`Connection terminated: PostgreSQL was silent for ${silenceMs / 1000} s.`)),
    );
  };
