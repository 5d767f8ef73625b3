import type { HandlerLog } from '../handler-context.js';
import type { HandlerMap, RegisteredHandler } from '../handler-map.js';
import { answerFor, refuse } from './answer.js';
import { Gate, withTimeLimit } from './limits.js';
import { type Delivery, readBody, readDelivery, RefusedDelivery, toVerifiers } from './read-delivery.js';
import { type HandlerRun, runHandler } from './run-handler.js';

export interface ReceiveOptions {
  /** As `registerHandlerEndpoint` showed it. While it is rotated: the new one and the old one. */
  readonly secret: string | readonly string[];
  /** The console, if left out. */
  readonly log?: HandlerLog;
  /** For handlers without a `timeoutSeconds` of their own; 25 if left out. */
  readonly timeoutSeconds?: number;
  /** Larger bodies are refused; 4 MiB if left out. */
  readonly maxBytes?: number;
}

/** Answers a delivery of the ledger. Fits whatever takes a fetch-style handler. */
export type Receiver = (request: Request) => Promise<Response>;

/**
 * Takes the ledger's deliveries in a sibling service: verifies the signature, runs the handlers of the event's type, and answers so
 * that the ledger knows whether they are done, wait, want another try or gave up.
 *
 * One delivery runs all handlers of the type, and all of them again on the next try: each has a `ctx.deliveryKey` of its own, by
 * which it can tell that it has done its part. What they emit is raised when every one of them is done.
 */
export function receive(map: HandlerMap, options: ReceiveOptions): Receiver {
  const verifiers = toVerifiers(options.secret);
  const run = createRunner(map, options);
  return async (request) => {
    if (request.method !== 'POST')
      return refuse(405, { code: 'METHOD_NOT_ALLOWED', message: 'Deliveries are posted.' }, { allow: 'POST' });
    try {
      const body = await readBody(chunksOf(request), options.maxBytes ?? 4 * 2 ** 20);
      return answerFor(await run(readDelivery(body, request.headers, verifiers), request.signal));
    } catch (error) {
      if (error instanceof RefusedDelivery) return refuse(error.status, error);
      (options.log ?? console).error('A delivery could not be taken.', { error });
      return refuse(500, { code: 'RECEIVER_FAILED', message: 'The receiver failed; its log says why.' });
    }
  };
}

async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body !== null) yield* request.body as unknown as AsyncIterable<Uint8Array>;
}

function createRunner(map: HandlerMap, { log = console, timeoutSeconds = 25 }: ReceiveOptions) {
  const gates = new Map<string, Gate>();
  const gateOf = ({ name, options }: RegisteredHandler): Gate => {
    const gate = gates.get(name) ?? new Gate(options.concurrency ?? Infinity);
    gates.set(name, gate);
    return gate;
  };

  const runOne = async (
    handler: RegisteredHandler,
    { key, tries, event }: Delivery,
    outer: AbortSignal,
  ): Promise<HandlerRun> => {
    const call = { tries, deliveryKey: `${key}:${handler.name}`, log, writable: false };
    const run = await gateOf(handler).run(() =>
      withTimeLimit(handler.options.timeoutSeconds ?? timeoutSeconds, outer, (signal) =>
        runHandler(handler, event, { ...call, signal }),
      ),
    );
    report(run, { key, tries, event }, log);
    return byOptions(run, tries);
  };

  return (delivery: Delivery, signal: AbortSignal): Promise<HandlerRun[]> =>
    Promise.all(map.handlersFor(delivery.event.type).map((handler) => runOne(handler, delivery, signal)));
}

/** The ledger knows the endpoint and not the handlers behind it, so their own `tries` and `backoff` are seen to here. */
function byOptions(run: HandlerRun, tries: number): HandlerRun {
  if (run.outcome.kind !== 'failed') return run;
  const { error } = run.outcome;
  const { tries: most, backoff } = run.handler.options;
  if (most !== undefined && tries >= most) return { ...run, outcome: { kind: 'gaveUp', error } };
  if (backoff === undefined) return run;
  const { firstSeconds = 1, maxSeconds = 3600 } = backoff;
  return {
    ...run,
    outcome: { kind: 'retryLater', error, afterSeconds: Math.min(firstSeconds * 2 ** (tries - 1), maxSeconds) },
  };
}

function report({ handler, outcome }: HandlerRun, { event, tries }: Delivery, log: HandlerLog): void {
  const subject = `${event.type} ${event.id}`;
  if (outcome.kind === 'retryLater') {
    log.info(`${handler.name} asks to have ${subject} again.`, { tries, afterSeconds: outcome.afterSeconds });
  } else if ('error' in outcome) {
    log.error(`${handler.name} did not handle ${subject}.`, { tries, error: outcome.error });
  }
}
