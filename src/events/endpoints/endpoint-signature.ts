import { Webhook } from 'standardwebhooks';

export interface SigningSecrets {
  readonly secret: string;
  readonly previousSecret: string | null;
  readonly previousSecretUntil: Date | null;
}

/** The headers of Standard Webhooks; while a secret is rotated there is a signature by each. `id` is the delivery's key. */
export function signedHeaders(secrets: SigningSecrets, message: { id: string; body: string; at: Date }) {
  const { body, at } = message;
  const id = toHeader(message.id);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secretsAt(secrets, at)
      .map((secret) => new Webhook(secret).sign(id, at, body))
      .join(' '),
  };
}

function secretsAt({ secret, previousSecret, previousSecretUntil }: SigningSecrets, at: Date): string[] {
  const isRotating = previousSecret !== null && previousSecretUntil !== null && at < previousSecretUntil;
  return isRotating ? [secret, previousSecret] : [secret];
}

/** An event's id may hold any character, a header only printable ASCII: the others are written as in a URL. */
function toHeader(id: string): string {
  return id.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character));
}
