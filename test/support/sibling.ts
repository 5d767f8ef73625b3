import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AnyEvent, HandlerMap, receiveNode } from '@renewal-ledger/sdk';

export interface Sibling {
  readonly url: string;
  /** What reached its handlers, in order. */
  readonly taken: { readonly event: AnyEvent; readonly key: string; readonly tries: number }[];
  /** Every request that reached it, verified or not. */
  readonly requests: IncomingMessage['headers'][];
  close(): Promise<void>;
}

export interface SiblingOptions {
  /** What its one handler does, of whatever it is sent. */
  readonly handle?: (event: AnyEvent, tries: number) => ReturnType<Parameters<HandlerMap['on']>[1]>;
  /** Its secrets, which are known only once it is registered. */
  readonly secrets: () => string | readonly string[];
}

const quiet = { info() {}, warn() {}, error() {} };

/** A service beside the ledger, which takes deliveries by the SDK's receiver. */
export async function startSibling({ handle = () => undefined, secrets }: SiblingOptions): Promise<Sibling> {
  const taken: Sibling['taken'] = [];
  const requests: IncomingMessage['headers'][] = [];
  const map = () =>
    new HandlerMap().on(
      '*',
      (event, ctx) => {
        taken.push({ event, key: ctx.deliveryKey, tries: ctx.tries });
        return handle(event, ctx.tries);
      },
      { name: 'Sibling.take' },
    );
  const { url, close } = await listen((request, response) => {
    requests.push(request.headers);
    void receiveNode(map(), { secret: secrets(), log: quiet })(request, response);
  });
  return { url, taken, requests, close };
}

/** Any HTTP server on loopback. */
export async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ledger`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
