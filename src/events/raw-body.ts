import type { IncomingMessage } from 'node:http';
import { PostRefusedError } from './post-refusals.js';

/** Stripe's largest events are a few hundred KB. */
const LONGEST_BODY = 2 ** 20;

/** How much of too long a body is read and dropped, because a client that is still sending would not see the answer. */
const LONGEST_DRAINED = 8 * 2 ** 20;

/** Reads a body as the bytes that were sent, whatever their type or encoding; a fastify content type parser. */
export function readRawBody(
  _request: unknown,
  payload: IncomingMessage,
  done: (error: Error | null, body?: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = (error: Error | null) => {
    payload.off('data', take).off('end', end).off('error', finish);
    if (error === null) done(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length));
    else done(Object.assign(error, { statusCode: 400 }));
  };
  const take = (chunk: Buffer) => {
    length += chunk.length;
    if (length <= LONGEST_BODY) chunks.push(chunk);
    else if (length > LONGEST_DRAINED) end();
    else chunks.length = 0;
  };
  const end = () => finish(length > LONGEST_BODY ? new PostRefusedError('PAYLOAD_TOO_LARGE') : null);
  payload.on('data', take).on('end', end).on('error', finish);
}
