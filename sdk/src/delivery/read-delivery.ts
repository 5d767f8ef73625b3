import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { InvalidSecretError } from '../errors.js';
import type { AnyEvent } from '../event-types.js';
import { isObject } from '../read-value.js';

/** Refuses a request; `status` and `code` are those of the answer. */
export class RefusedDelivery extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A verified delivery. */
export interface Delivery {
  readonly key: string;
  readonly tries: number;
  readonly event: AnyEvent;
}

export function toVerifiers(secret: string | readonly string[]): Webhook[] {
  const secrets = [secret].flat();
  if (secrets.length === 0) throw new InvalidSecretError();
  return secrets.map((one) => {
    try {
      return new Webhook(one);
    } catch {
      throw new InvalidSecretError();
    }
  });
}

/** Verifies the body by any of the secrets and reads it. The body must be the text of exactly the bytes that came. */
export function readDelivery(body: string, headers: Headers, verifiers: readonly Webhook[]): Delivery {
  const signed = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, headers.get(name) ?? '']),
  );
  if (!verifiers.some((verifier) => isSignedBy(verifier, body, signed))) {
    throw new RefusedDelivery(
      401,
      'SIGNATURE_INVALID',
      'No secret of this receiver signed the delivery; compare the secret and the clocks.',
    );
  }
  const tries = Number(headers.get('ledger-try') ?? '1');
  return {
    key: signed['webhook-id']!,
    tries: Number.isSafeInteger(tries) && tries >= 1 ? tries : 1,
    event: readEvent(body),
  };
}

function isSignedBy(verifier: Webhook, body: string, signed: Record<string, string>): boolean {
  try {
    verifier.verify(body, signed, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

function readEvent(body: string): AnyEvent {
  const event = parse(body);
  if (isObject(event) && typeof event['id'] === 'string' && typeof event['type'] === 'string')
    return event as unknown as AnyEvent;
  throw new RefusedDelivery(400, 'PAYLOAD_INVALID', 'The body is no event: a JSON object with an id and a type.');
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Reads at most `maxBytes`, as the very text that was signed: invalid UTF-8 is refused and a byte order mark kept. */
export async function readBody(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > maxBytes)
      throw new RefusedDelivery(413, 'PAYLOAD_TOO_LARGE', `The body has more than ${maxBytes} bytes.`);
    text += decode(() => decoder.decode(chunk, { stream: true }));
  }
  return text + decode(() => decoder.decode());
}

function decode(step: () => string): string {
  try {
    return step();
  } catch {
    throw new RefusedDelivery(400, 'PAYLOAD_INVALID', 'The body is not UTF-8.');
  }
}
