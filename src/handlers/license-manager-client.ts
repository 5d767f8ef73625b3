import { LedgerError } from '../errors.js';
import type { PlanState } from '../ledger/plans.js';

export interface LicenseManagerOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutSeconds: number;
}

/** The license manager's two calls, over HTTP. Both throw `LicenseManagerError` unless their success is certain. */
export interface LicenseManager {
  /** Has a renewal processed; the same key on every try makes it happen once. */
  process(subscriptionPlanRenewalId: string, idempotencyKey: string, signal: AbortSignal): Promise<void>;
  setPlan(plan: PlanState, signal: AbortSignal): Promise<void>;
}

/** The license manager refused, or could not be reached. Its answer, cut short, is in the message. */
export class LicenseManagerError extends LedgerError {
  readonly code = 'LICENSE_MANAGER_FAILED';

  constructor(
    message: string,
    /** Null: no answer came, so nobody knows what the call has done. */
    readonly status: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const LONGEST_ANSWER = 500;

export function createLicenseManager({ url, token, timeoutSeconds }: LicenseManagerOptions): LicenseManager {
  const call = async (method: string, path: string, { headers = {}, body, signal }: Call): Promise<Answer> => {
    const request = {
      method,
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      redirect: 'manual' as const,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
      ...(body === undefined ? {} : { body }),
    };
    try {
      const response = await fetch(`${url}/api/v1/provisioning-admins/${path}`, request);
      return { status: response.status, text: await readStart(response) };
    } catch (cause) {
      throw new LicenseManagerError(`The license manager did not answer ${method} ${path}: ${reasonOf(cause)}.`, null, {
        cause,
      });
    }
  };
  return {
    async process(subscriptionPlanRenewalId, idempotencyKey, signal) {
      const path = `subscription-plan-renewals/${encodeURIComponent(subscriptionPlanRenewalId)}/process/`;
      const answer = await call('POST', path, { headers: { 'idempotency-key': idempotencyKey }, signal });
      if (!isSuccess(answer) && !isAlreadyProcessed(answer)) throw refused(`POST ${path}`, answer);
    },
    async setPlan({ planUuid, isActive }, signal) {
      const path = `subscriptions/${planUuid}/`;
      const body = JSON.stringify({ is_active: isActive });
      const answer = await call('PATCH', path, { headers: { 'content-type': 'application/json' }, body, signal });
      if (!isSuccess(answer)) throw refused(`PATCH ${path}`, answer);
    },
  };
}

interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** An earlier try got through, and its answer was lost. */
const isAlreadyProcessed = ({ status, text }: Answer): boolean =>
  status === 409 && /already[ _-]?(been[ _-]?)?processed/i.test(text);

function refused(call: string, { status, text }: Answer): LicenseManagerError {
  return new LicenseManagerError(`The license manager answered ${call} with ${status}: ${text}`, status);
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown reason';
  const { cause: inner } = cause;
  return inner instanceof Error ? inner.message : cause.message;
}

/** An answer may be endless: only its start is read. */
async function readStart(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < LONGEST_ANSWER) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text.slice(0, LONGEST_ANSWER);
}
