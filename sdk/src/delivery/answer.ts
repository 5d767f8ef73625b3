import type { HandlerRun } from './run-handler.js';

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Answers with a failure that says what is wrong. The service keeps the message as the delivery's last error. */
export function refuse(status: number, { code, message }: Refusal, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { code, message } }, { status, headers });
}

/**
 * One answer for all handlers of a delivery, so that the service goes on while any of them can: first those that will be tried
 * again, then those that wait, and only when nothing else is left those that gave up.
 */
export function answerFor(runs: readonly HandlerRun[]): Response {
  const of = (kind: HandlerRun['outcome']['kind']) => runs.filter((run) => run.outcome.kind === kind);
  if (of('retryLater').length > 0) return retryLater(of('retryLater'));
  if (of('failed').length > 0) return refuse(500, { code: 'HANDLER_FAILED', message: describe(of('failed')) });
  const [waiting] = runs.map((run) => run.outcome).filter((outcome) => outcome.kind === 'waiting');
  if (waiting) return Response.json({ waitFor: waiting.waitFor }, { status: 202 });
  if (of('gaveUp').length > 0) return refuse(422, { code: 'GIVE_UP', message: describe(of('gaveUp')) });
  return Response.json({ done: runs.map((run) => run.handler.name), emitted: runs.flatMap((run) => run.emitted) });
}

function retryLater(runs: readonly HandlerRun[]): Response {
  const seconds = runs.map(({ outcome }) => (outcome.kind === 'retryLater' ? outcome.afterSeconds : 0));
  return refuse(
    503,
    { code: 'RETRY_LATER', message: describe(runs) },
    { 'retry-after': String(Math.ceil(Math.max(...seconds))) },
  );
}

const LONGEST_MESSAGE = 500;

function describe(runs: readonly HandlerRun[]): string {
  return runs
    .map(({ handler, outcome }) => `${handler.name}: ${'error' in outcome ? messageOf(outcome.error) : ''}`)
    .join('; ');
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_MESSAGE);
}
