import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';

export type SignatureProblem = 'SIGNATURE_MISSING' | 'SIGNATURE_EXPIRED' | 'SIGNATURE_INVALID';

/** Answers what is wrong with a post's `Stripe-Signature`, or undefined where it is right. */
export type SignatureCheck = (body: Uint8Array, header: string | undefined) => SignatureProblem | undefined;

const TOLERANCE_SECONDS = 300;

/**
 * Checks Stripe's signature on the bytes as received: stripe-node's own check hashes decoded text, so that bytes which
 * are no UTF-8 pass for others, and takes a timestamp from any future, or `NaN`.
 * Each secret is tried, so that one can be rotated. https://docs.stripe.com/webhooks#verify-manually
 */
export function createSignatureCheck(secrets: readonly string[], clock: Clock): SignatureCheck {
  return (body, header) => {
    if (header === undefined) return 'SIGNATURE_MISSING';
    const { timestamp, signatures } = readHeader(header);
    if (timestamp === undefined || signatures.length === 0) return 'SIGNATURE_INVALID';
    if (!secrets.some((secret) => includes(signatures, sign(secret, timestamp, body)))) return 'SIGNATURE_INVALID';
    const age = Math.floor(clock.now().getTime() / 1000) - Number(timestamp);
    return Math.abs(age) <= TOLERANCE_SECONDS ? undefined : 'SIGNATURE_EXPIRED';
  };
}

const sign = (secret: string, timestamp: string, body: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest();

const includes = (signatures: readonly Buffer[], expected: Buffer): boolean =>
  signatures.some((signature) => timingSafeEqual(signature, expected));

/** `t=<seconds>,v1=<hex>,v1=<hex>,v0=…`: only `v1` counts. Two timestamps are none, because only one of them was signed. */
function readHeader(header: string): { timestamp: string | undefined; signatures: Buffer[] } {
  let timestamp: string | undefined;
  const signatures: Buffer[] = [];
  for (const part of header.split(',')) {
    if (part.startsWith('t=')) {
      if (timestamp !== undefined || !/^t=\d+$/.test(part)) return { timestamp: undefined, signatures };
      timestamp = part.slice(2);
    } else if (/^v1=[0-9a-f]{64}$/.test(part)) {
      signatures.push(Buffer.from(part.slice(3), 'hex'));
    }
  }
  return { timestamp, signatures };
}
