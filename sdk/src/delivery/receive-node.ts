import type { HandlerMap } from '../handler-map.js';
import { refuse } from './answer.js';
import { receive, type ReceiveOptions } from './receive.js';

/** The part of `http.IncomingMessage` that is needed, so that the types of this package need none of Node's. */
export interface NodeRequest extends AsyncIterable<unknown> {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What a body parser before this left: the raw bytes or text will do, anything parsed will not. */
  readonly body?: unknown;
}

/** The part of `http.ServerResponse` that is needed. */
export interface NodeResponse {
  readonly writableFinished?: boolean;
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
  on(event: 'close', listener: () => void): unknown;
}

/** `receive` for Node's `http.createServer`, express and the like. Mount it before anything that parses bodies. */
export function receiveNode(
  map: HandlerMap,
  options: ReceiveOptions,
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  const answer = receive(map, options);
  return async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => {
      if (response.writableFinished !== true) gone.abort(new Error('The ledger hung up.'));
    });
    const answered = isParsed(request.body) ? bodyParsed() : await answer(toFetchRequest(request, gone.signal));
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    response.end(await answered.text());
  };
}

function isParsed(body: unknown): boolean {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
}

function bodyParsed(): Response {
  return refuse(500, {
    code: 'BODY_PARSED',
    message:
      'A body parser ran before the receiver, so the signed bytes are lost; mount the receiver before it, or take the body raw.',
  });
}

/** Only a post has its method: every other is refused alike, and fetch knows no request by some of them (TRACE). */
function toFetchRequest(request: NodeRequest, signal: AbortSignal): Request {
  const headers = Object.entries(request.headers)
    .filter(([name]) => !name.startsWith(':')) // those of HTTP/2 that stand for the request's first line
    .flatMap(([name, value]) => [value].flat().map((one) => [name, one ?? ''] as [string, string]));
  const body = (request.body ?? request) as RequestInit['body']; // undici takes an async iterable, though its types do not say so
  // `duplex` is required of a streamed body, and missing from the types.
  const posted = request.method === 'POST' ? { method: 'POST', body, duplex: 'half' } : {};
  return new Request('http://receiver.invalid/', { headers, signal, ...posted } as RequestInit);
}
