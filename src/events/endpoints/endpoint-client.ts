import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'undici';
import { createPublicLookup, isLiterallyPrivate, PrivateAddressError, type Resolve } from './addresses.js';

/** What an endpoint answered. */
export interface EndpointAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined for anything else. */
  readonly body: unknown;
}

export interface EndpointPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Posts to addresses that others have chosen. */
export interface EndpointClient {
  post(post: EndpointPost): Promise<EndpointAnswer>;
  close(): Promise<void>;
}

export interface EndpointClientOptions {
  readonly allowPrivate: boolean;
  /** The system's, if left out. */
  readonly resolve?: Resolve;
}

const CONNECT_MS = 5_000;
const LARGEST_ANSWER = 2 ** 20;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i;

/**
 * Follows no redirect, heeds no proxy of the environment, reads no more than 1 MiB, and, unless private addresses are allowed, connects to
 * none: what a name resolves to is checked as the connection is made.
 */
export function createEndpointClient({ allowPrivate, resolve }: EndpointClientOptions): EndpointClient {
  const agent = new Agent({
    connect: { timeout: CONNECT_MS, ...(allowPrivate ? {} : { lookup: createPublicLookup(resolve) }) },
    keepAliveTimeout: 10_000,
    maxHeaderSize: 16_384,
  });
  return {
    async post({ url, ...rest }) {
      if (!allowPrivate) assertPublic(new URL(url));
      const answer = await request(url, { method: 'POST', ...rest, dispatcher: agent });
      const { statusCode: status, headers } = answer;
      return { status, headers, body: await readJson(headers, answer.body) };
    },
    close: () => agent.destroy(),
  };
}

/** An address is connected to as it is, without a lookup. An endpoint may have been registered while other ones were allowed. */
function assertPublic({ hostname, protocol }: URL): void {
  if (isLiterallyPrivate(hostname)) throw new PrivateAddressError(hostname);
  if (protocol !== 'https:')
    throw new Error(`${hostname} would be sent events in the clear: give it an https address.`);
}

type Body = Awaited<ReturnType<typeof request>>['body'];

/**
 * Reads JSON by whatever type it comes, because plain servers name none: a "not yet" that is not read would count as done. A page of any
 * size may stand there instead: one that is too long to be an answer fails only where it says that it is one.
 */
async function readJson(headers: IncomingHttpHeaders, body: Body): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) {
      if (!JSON_TYPE.test(headers['content-type'] ?? '')) return undefined;
      throw new Error(`The endpoint's answer has more than ${LARGEST_ANSWER} bytes.`);
    }
    chunks.push(chunk);
  }
  return parse(new TextDecoder().decode(Buffer.concat(chunks))); // which leaves out a byte order mark
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
