import { createHmac } from 'node:crypto';

export interface SignatureSpec {
  readonly secret: string;
  /** Seconds; now, if left out. */
  readonly timestamp?: number | string;
}

/** The header that Stripe would send with these bytes. Stripe's own function for tests takes text only. */
export function signature(body: string | Uint8Array, { secret, timestamp = nowInSeconds() }: SignatureSpec): string {
  return `t=${timestamp},v1=${v1(body, { secret, timestamp })}`;
}

export const v1 = (body: string | Uint8Array, { secret, timestamp = nowInSeconds() }: SignatureSpec): string =>
  createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');

export const nowInSeconds = (): number => Math.floor(Date.now() / 1000);
