import { LedgerError } from '../errors.js';

/** Why a post is answered with something other than 200, and what whoever sent it can do. */
const SENTENCES = {
  SIGNATURE_MISSING:
    'The post has no Stripe-Signature header. Only Stripe, or who has the signing secret, can post here.',
  SIGNATURE_EXPIRED:
    'The signature is right, but was made more than 300 seconds before or after now. Check the clocks, and sign it anew.',
  SIGNATURE_INVALID:
    'The Stripe-Signature header does not fit the body. Sign the bytes that are sent, with the secret of this endpoint.',
  PAYLOAD_INVALID: 'The body is no Stripe event: UTF-8 JSON, an object with an id and a type of 1 to 255 characters.',
  PAYLOAD_TOO_LARGE: 'The body is longer than 1 MiB, and no event of Stripe is.',
} as const;

export type PostRefusal = keyof typeof SENTENCES;

export class PostRefusedError extends LedgerError {
  constructor(readonly code: PostRefusal) {
    super(SENTENCES[code]);
  }
}
