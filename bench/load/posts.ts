import { type EventText, signatureOf } from '../events.js';

/** Whole HTTP requests, signed beforehand: nothing is left to be done while time is taken. A signature is good for five minutes. */
export function signedPosts(text: EventText, path: string, indexes: Iterable<number>): Buffer[] {
  return Array.from(indexes, (index) => signedPost(text(index), path));
}

export function signedPost(text: string, path: string): Buffer {
  const body = Buffer.from(text);
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    `Stripe-Signature: ${signatureOf(text)}`,
    '\r\n',
  ];
  return Buffer.concat([Buffer.from(head.join('\r\n')), body]);
}

export function* range(from: number, count: number): Generator<number> {
  for (let index = from; index < from + count; index += 1) yield index;
}
