import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createLedgerClient, type LedgerClient } from '@renewal-ledger/sdk';
import { anInvoice, aStripeEvent, aSubscription } from '@renewal-ledger/sdk/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  packAndInstall,
  type Packed,
  runBin,
  type RunningConsumer,
  startConsumer,
} from '../../sdk/test/support/packed.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

const SLOW = 180_000;
let packed: Packed;
let service: TestService;
let ledger: LedgerClient;
let running: RunningConsumer | undefined;

beforeAll(async () => {
  packed = await packAndInstall();
  return () => rm(packed.folder, { recursive: true, force: true });
}, SLOW);
beforeAll(async () => {
  service = await startService({ allowPrivateEndpoints: true });
  ledger = createLedgerClient({ url: service.url, apiKey: service.apiKey });
  return () => service.stop();
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** Starts a consumer, which registers itself with the service, and waits until its deliveries are worked on. */
async function start(program: string, name: string): Promise<void> {
  running = await startConsumer(path.join(packed.folder, program), [service.url, service.apiKey, name]);
  await eventually(() => expect(service.dispatcher?.handlers()).toContain(`endpoint:${name}`));
}

/** What the service says of the consumer's delivery of a webhook that was posted to it. */
async function delivered(event: { readonly id: string }, name: string) {
  const { deliveries } = (await ledger.event({ id: event.id })) ?? {};
  return deliveries?.find(({ handler }) => handler === `endpoint:${name}`);
}

const told = async () => (await fetch(running!.url)).json();
const posted = async (event: object) => expect((await service.post(event)).status).toBe(200);
const paidOf = (name: string) =>
  aStripeEvent('invoice.paid', anInvoice({ id: `in_${name}`, total: 500 }), { id: `evt_paid_${name}` });

describe.each(['legacy', 'standard'])(
  'a consumer with %s decorators, in its own process beside the service',
  (kind) => {
    it(
      'compiles where it should and nowhere else, and the service shows what became of its deliveries',
      async () => {
        await runBin('tsc', ['-p', path.join(packed.folder, kind)]);
        await start(`${kind}/dist/main.js`, kind);
        const [paid, voided, deleted] = [
          paidOf(kind),
          aStripeEvent('invoice.voided', anInvoice({ id: `in_void_${kind}` }), { id: `evt_voided_${kind}` }),
          aStripeEvent('customer.subscription.deleted', aSubscription(), { id: `evt_deleted_${kind}` }),
        ];
        for (const event of [paid, paid, voided, deleted]) await posted(event);
        await eventually(async () => {
          expect(await delivered(paid, kind)).toMatchObject({ state: 'DONE', tries: 1, lastError: null });
          expect(await delivered(voided, kind)).toMatchObject({
            state: 'WAITING',
            waitingFor: `invoice:in_void_${kind}`,
          });
          expect(await delivered(deleted, kind)).toMatchObject({ state: 'RETRYING' });
          const sent = { id: `acme.receipt_sent:in_${kind}` };
          expect(await delivered(sent, kind)).toMatchObject({ state: 'DONE', tries: 1 });
        });
        const lines = (await told()) as string[];
        expect(lines).toEqual(expect.arrayContaining(['any invoice.voided', 'any customer.subscription.deleted']));
        expect(lines.filter((line) => line.endsWith(`in_${kind} of 500`))).toEqual([`receipt for in_${kind} of 500`]);
        expect(lines.filter((line) => line.startsWith('sent'))).toEqual([`sent in_${kind}`]);
      },
      SLOW,
    );
  },
);

describe('a consumer in plain JavaScript, in its own process beside the service', () => {
  it(
    'runs its handlers, and the service shows their deliveries done',
    async () => {
      await start('javascript/main.js', 'javascript');
      await posted(paidOf('javascript'));
      await eventually(async () => {
        expect(await delivered(paidOf('javascript'), 'javascript')).toMatchObject({ state: 'DONE', tries: 1 });
        expect(await told()).toEqual(['receipt for in_javascript of 500', 'sent in_javascript']);
      });
    },
    SLOW,
  );
});
