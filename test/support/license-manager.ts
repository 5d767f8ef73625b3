import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What the stand-in does with its next calls, in turn; after the last it succeeds. */
export type Behaviour =
  | { readonly kind: 'ok' }
  | { readonly kind: 'fail'; readonly status: number; readonly body?: string }
  /** Does the work, and never answers. */
  | { readonly kind: 'lose-answer' }
  /** Does nothing, and never answers. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'late'; readonly ms: number };

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly idempotencyKey: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface LicenseManagerStandIn {
  readonly url: string;
  readonly calls: Call[];
  /** How often a renewal was really processed, by its id: a key that was seen before does nothing again. */
  readonly processed: Map<string, number>;
  readonly plans: Map<string, boolean>;
  /** The most calls that were under way at once, by plan. */
  readonly mostAtOnce: () => number;
  behave(...behaviours: Behaviour[]): void;
  stop(): Promise<void>;
}

const OK: Behaviour = { kind: 'ok' };

/** A license manager over real HTTP that honours idempotency keys, and can fail in every way that a network can. */
export async function startLicenseManager(): Promise<LicenseManagerStandIn> {
  const calls: Call[] = [];
  const processed = new Map<string, number>();
  const plans = new Map<string, boolean>();
  const keys = new Set<string>();
  let behaviours: Behaviour[] = [];
  let atOnce = 0;
  let most = 0;

  const work = (call: Call): { status: number; body: string } => {
    const [, renewal] = /subscription-plan-renewals\/([^/]+)\/process\/$/.exec(call.path) ?? [];
    if (renewal !== undefined) {
      if (keys.has(call.idempotencyKey ?? '')) return { status: 409, body: '{"detail":"already processed"}' };
      keys.add(call.idempotencyKey ?? '');
      processed.set(renewal, (processed.get(renewal) ?? 0) + 1);
      return { status: 201, body: '{}' };
    }
    const [, plan = ''] = /subscriptions\/([^/]+)\/$/.exec(call.path) ?? [];
    plans.set(plan, (call.body as { is_active: boolean }).is_active);
    return { status: 200, body: '{}' };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await readCall(request);
    calls.push(call);
    const behaviour = behaviours.shift() ?? OK;
    if (behaviour.kind === 'hang') return;
    if (behaviour.kind === 'fail') return void response.writeHead(behaviour.status).end(behaviour.body ?? '{}');
    if (behaviour.kind === 'late') await pause(behaviour.ms);
    const { status, body } = work(call);
    if (behaviour.kind === 'lose-answer') return void request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };

  const server = createServer((request, response) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    response.once('close', () => (atOnce -= 1));
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    processed,
    plans,
    mostAtOnce: () => most,
    behave: (...next) => {
      behaviours = next;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    idempotencyKey: request.headers['idempotency-key'] as string | undefined,
    authorization: request.headers.authorization,
    body: text === '' ? undefined : JSON.parse(text),
  };
}
