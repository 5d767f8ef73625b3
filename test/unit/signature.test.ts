import { createHmac } from 'node:crypto';
import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { createSignatureCheck } from '../../src/events/signature.js';

const NOW = 1_800_000_000;
const SECRET = 'whsec_first';
const BODY = Buffer.from('{"id":"evt_1","type":"invoice.paid"}');

const check = createSignatureCheck([SECRET, 'whsec_second'], { now: () => new Date(NOW * 1000 + 999) });
const v1 = (secret = SECRET, timestamp: number | string = NOW, body: Uint8Array = BODY) =>
  createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
const header = (timestamp: number | string, secret = SECRET) => `t=${timestamp},v1=${v1(secret, timestamp)}`;
const zeros = '0'.repeat(64);

describe('a post is signed', () => {
  test.each([
    ['now', header(NOW)],
    ['300 s ago', header(NOW - 300)],
    ['300 s ahead', header(NOW + 300)],
    ['with the second of two secrets', header(NOW, 'whsec_second')],
    ['by the second of several v1', `t=${NOW},v1=${zeros},v1=${v1()},v1=${zeros}`],
    ['with a v0 beside the v1', `t=${NOW},v0=${zeros},v1=${v1()}`],
    ['with the signature before the timestamp', `v1=${v1()},t=${NOW}`],
    [
      "by stripe-node's own function for tests",
      Stripe.webhooks.generateTestHeaderString({ payload: BODY.toString(), secret: SECRET, timestamp: NOW }),
    ],
  ])('%s', (_, text) => {
    expect(check(BODY, text)).toBeUndefined();
  });
});

describe('a post is refused', () => {
  test.each([
    ['SIGNATURE_MISSING', 'without a header', undefined],
    ['SIGNATURE_EXPIRED', 'signed 301 s ago', header(NOW - 301)],
    ['SIGNATURE_EXPIRED', 'signed 301 s ahead', header(NOW + 301)],
    ['SIGNATURE_EXPIRED', 'signed in a far future', header(999_999_999_999_999)],
    ['SIGNATURE_EXPIRED', 'signed in a future beyond what a number holds', header('9'.repeat(400))],
    ['SIGNATURE_INVALID', 'signed 301 s ago with another secret', header(NOW - 301, 'whsec_other')],
    ['SIGNATURE_INVALID', 'signed with another secret', header(NOW, 'whsec_other')],
    ['SIGNATURE_INVALID', 'with an empty header', ''],
    ['SIGNATURE_INVALID', 'with nonsense', 'nonsense'],
    ['SIGNATURE_INVALID', 'with a timestamp only', `t=${NOW}`],
    ['SIGNATURE_INVALID', 'with a signature only', `v1=${v1()}`],
    ['SIGNATURE_INVALID', 'with v0 only', `t=${NOW},v0=${v1()}`],
    ['SIGNATURE_INVALID', 'with t=NaN', header('NaN')],
    ['SIGNATURE_INVALID', 'with an empty timestamp', header('')],
    ['SIGNATURE_INVALID', 'with a fraction for a timestamp', header(`${NOW}.0`)],
    ['SIGNATURE_INVALID', 'with an exponent for a timestamp', header('18e8')],
    ['SIGNATURE_INVALID', 'with a signed number for a timestamp', header(`+${NOW}`)],
    ['SIGNATURE_INVALID', 'with a timestamp before 1970', header(-1)],
    ['SIGNATURE_INVALID', 'with two timestamps', `t=${NOW},t=${NOW},v1=${v1()}`],
    ['SIGNATURE_INVALID', 'with a signature cut short', header(NOW).slice(0, -1)],
    ['SIGNATURE_INVALID', 'with a signature and more', `${header(NOW)}0`],
    ['SIGNATURE_INVALID', 'with a signature that is no hex', `t=${NOW},v1=${'z'.repeat(64)}`],
  ])('%s %s', (problem, _, text) => {
    expect(check(BODY, text)).toBe(problem);
  });

  test('when one byte differs', () => {
    const tampered = Buffer.from(BODY);
    tampered[8] = 0x66;
    expect(check(tampered, header(NOW))).toBe('SIGNATURE_INVALID');
  });

  test('when a byte that is no UTF-8 was swapped for another such byte', () => {
    const signed = `t=${NOW},v1=${v1(SECRET, NOW, Buffer.from([0x22, 0xff, 0x22]))}`;
    expect(check(Buffer.from([0x22, 0xfe, 0x22]), signed)).toBe('SIGNATURE_INVALID');
  });

  test('when a byte order mark was put in front', () => {
    expect(check(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), BODY]), header(NOW))).toBe('SIGNATURE_INVALID');
  });

  test('when the JSON was written anew', () => {
    expect(check(Buffer.from(JSON.stringify(JSON.parse(BODY.toString()), null, 1)), header(NOW))).toBe(
      'SIGNATURE_INVALID',
    );
  });
});
