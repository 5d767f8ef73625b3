import type { IncomingMessage } from 'node:http';
import { PostRefusedError } from './post-refusals.js';

/** Stripe's largest events are a few hundred KB. */
const LONGEST_BODY = 2 ** 20;

/** How much of too long a body is read and dropped, because a client that is still sending would not see the answer. */
const LONGEST_DRAINED = 8 * 2 ** 20;

/** Reads a body as the bytes that were sent, whatever their type or encoding, and calls one of the two. */
export function readRawBody(
  request: IncomingMessage,
  take: (body: Buffer) => void,
  refuse: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = (error: Error | null) => {
    request.off('data', add).off('end', end).off('error', finish);
    if (error === null) take(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
    else refuse(Object.assign(error, { statusCode: 400 }));
  };
  const add = (chunk: Buffer) => {
    length += chunk.length;
    if (length <= LONGEST_BODY) chunks.push(chunk);
    else if (length > LONGEST_DRAINED) end();
    else chunks.length = 0;
  };
  const end = () => finish(length > LONGEST_BODY ? new PostRefusedError('PAYLOAD_TOO_LARGE') : null);
  request.on('data', add).on('end', end).on('error', finish);
}
