import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import type { Clock } from '../clock.js';
import { LedgerError } from '../errors.js';
import { readNewEvent } from './new-event.js';
import type { Livemode, NewEvent } from './new-event.js';
import { PostRefusedError } from './post-refusals.js';
import { readRawBody } from './raw-body.js';
import { createSignatureCheck } from './signature.js';
import type { EventWriter, StoreOutcome } from './writer.js';

export interface WebhookDependencies {
  /** Each is tried, so that one can be rotated. */
  readonly secrets: readonly string[];
  readonly livemode: Livemode;
  readonly writer: Pick<EventWriter, 'write'>;
  readonly clock: Clock;
  /** Called once a post: its outcome, or the code of its refusal. */
  readonly onAnswer?: (answer: string) => void;
  /** Translates what a post is refused with; its body is JSON. */
  readonly toErrorAnswer: (error: unknown) => { readonly status: number; readonly body: string };
  /** `ACK=handled`: returns when the event is handled, throws NOT_HANDLED when it is not in time, or before we stop. */
  readonly untilHandled?: (event: NewEvent, outcome: StoreOutcome, stopping: AbortSignal) => Promise<void>;
}

/** A process that stops is soon gone: until then whoever waits for an answer gets one. */
const LAST_MOMENTS_MS = 2_000;

const ANSWERS: Readonly<Record<StoreOutcome, string>> = {
  STORED: JSON.stringify({ received: true, duplicate: false }),
  DUPLICATE: JSON.stringify({ received: true, duplicate: true }),
};

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

export const WEBHOOK_PATH = '/webhooks/stripe';

/** Takes posts of Stripe's, and answers 200 only when the event is stored, so that Stripe posts again whatever is not. */
export interface Receiver {
  receive(request: IncomingMessage, response: ServerResponse): void;
  /** From now on a connection ends after the answer to its next post, and soon nobody waits for a handler any more. */
  stop(): void;
}

export function createReceiver(dependencies: WebhookDependencies): Receiver {
  const { onAnswer, toErrorAnswer } = dependencies;
  const stopping = new AbortController();
  const take = createTake(dependencies, stopping.signal);
  let isStopping = false;
  return {
    receive(request, response) {
      // Of one that began before, others may lie behind it on its connection.
      const closing = isStopping ? { connection: 'close' } : {};
      const answer = (status: number, body: string) => {
        response.writeHead(status, { ...closing, ...JSON_TYPE, 'content-length': Buffer.byteLength(body) }).end(body);
      };
      const refuse = (error: unknown) => {
        onAnswer?.(error instanceof LedgerError ? error.code : 'FAILED');
        const { status, body } = toErrorAnswer(error);
        answer(status, body);
      };
      const taken = (outcome: StoreOutcome) => {
        onAnswer?.(outcome);
        answer(200, ANSWERS[outcome]);
      };
      const signature = request.headers['stripe-signature'] as string | undefined;
      readRawBody(request, (body) => void take(body, signature).then(taken, refuse), refuse);
    },
    stop() {
      isStopping = true;
      setTimeout(() => stopping.abort(), LAST_MOMENTS_MS).unref();
    },
  };
}

/** `POST /webhooks/stripe`, for whatever comes to it through fastify. */
export const webhookRoute =
  (receiver: Receiver): FastifyPluginCallback =>
  (scope, _options, done) => {
    leaveBodyUnread(scope);
    scope.addHook('preClose', (next) => {
      receiver.stop();
      next();
    });
    scope.post(WEBHOOK_PATH, (request, reply) => {
      reply.hijack();
      receiver.receive(request.raw, reply.raw);
    });
    done();
  };

function createTake(
  dependencies: WebhookDependencies,
  stopping: AbortSignal,
): (body: Buffer, signature: string | undefined) => Promise<StoreOutcome> {
  const { writer, livemode, untilHandled } = dependencies;
  const signatureProblem = createSignatureCheck(dependencies.secrets, dependencies.clock);
  return async (body, signature) => {
    const problem = signatureProblem(body, signature);
    if (problem !== undefined) throw new PostRefusedError(problem);
    const event = readNewEvent(body, livemode);
    if (event === undefined) throw new PostRefusedError('PAYLOAD_INVALID');
    const outcome = await writer.write(event);
    if (untilHandled !== undefined) await untilHandled(event, outcome, stopping);
    return outcome;
  };
}

/** The signature covers bytes, so no parser, charset or content coding may touch them; a malformed type would be answered 415. */
function leaveBodyUnread(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
  scope.addHook('onRequest', (request, _reply, next) => {
    request.raw.headers['content-type'] = 'application/octet-stream';
    next();
  });
}
