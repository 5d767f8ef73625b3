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
  /** `ACK=handled`: returns when the event is handled, throws NOT_HANDLED when it is not in time, or before we stop. */
  readonly untilHandled?: (event: NewEvent, outcome: StoreOutcome, stopping: AbortSignal) => Promise<void>;
}

/** A process that stops is soon gone: until then whoever waits for an answer gets one. */
const LAST_MOMENTS_MS = 2_000;

const ANSWERS: Readonly<Record<StoreOutcome, string>> = {
  STORED: JSON.stringify({ received: true, duplicate: false }),
  DUPLICATE: JSON.stringify({ received: true, duplicate: true }),
};

/** `POST /webhooks/stripe`: answers 200 only when the event is stored, so that Stripe posts again whatever is not. */
export const webhookRoute =
  (dependencies: WebhookDependencies): FastifyPluginCallback =>
  (scope, _options, done) => {
    const { onAnswer } = dependencies;
    const stopping = new AbortController();
    const take = createTake(dependencies, stopping.signal);
    acceptAnyBytes(scope);
    scope.addHook('preClose', (next) => {
      setTimeout(() => stopping.abort(), LAST_MOMENTS_MS).unref();
      next();
    });
    // Every way out that is none below: what is refused while it is read, too.
    scope.addHook('onError', async (_request, _reply, error) => {
      onAnswer?.(error instanceof LedgerError ? error.code : 'FAILED');
    });
    scope.post('/webhooks/stripe', async (request, reply) => {
      const signature = request.headers['stripe-signature'] as string | undefined;
      const outcome = await take(request.body as Buffer, signature);
      onAnswer?.(outcome);
      return reply.type('application/json').send(ANSWERS[outcome]);
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
function acceptAnyBytes(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', readRawBody);
  scope.addHook('onRequest', (request, _reply, next) => {
    request.raw.headers['content-type'] = 'application/octet-stream';
    next();
  });
}
