import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createLedgerClient, type LedgerClient } from '@renewal-ledger/sdk';
import { lifeOf } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

const PROGRAM = fileURLToPath(new URL('../../examples/receipts-service/main.js', import.meta.url));

let service: TestService;
let ledger: LedgerClient;
let example: ChildProcess;
let printed = '';

beforeAll(async () => {
  service = await startService({ allowPrivateEndpoints: true });
  ledger = createLedgerClient({ url: service.url, apiKey: service.apiKey });
  await start();
});
afterAll(async () => {
  await stop();
  await service.stop();
});

async function start() {
  printed = '';
  const env = { ...process.env, LEDGER_URL: service.url, LEDGER_API_KEY: service.apiKey, PORT: '0' };
  example = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  example.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await eventually(() => expect(printed).toContain('Taking payment.received and renewal.paid'));
  await eventually(() => expect(service.dispatcher?.handlers()).toContain('endpoint:receipts'));
}

async function stop() {
  const exited = new Promise((resolve) => example.once('exit', resolve));
  example.kill('SIGKILL');
  await exited;
}

async function liveThrough(subscription: string, uuid: string) {
  const life = lifeOf(subscription, { trial: 14, cycles: 1, metadata: { checkout_intent_uuid: uuid } });
  const intent = await ledger.createCheckoutIntent({ uuid });
  const renewal = await ledger.createRenewal({
    checkoutIntentId: intent.id,
    subscriptionPlanRenewalId: `plan-renewal-of-${subscription}`,
    effectiveDate: new Date(life.renewals[0]!.effectiveDate * 1000).toISOString(),
  });
  for (const event of life.events) await service.post(event);
  await eventually(async () => expect(await ledger.renewal({ id: renewal.id })).toMatchObject({ state: 'PROCESSED' }));
  return { renewal, invoice: life.renewals[0]!.invoice };
}

describe('the example of a service beside the ledger', () => {
  it('prints one receipt for a payment, and marks its renewal as processed', async () => {
    const { renewal, invoice } = await liveThrough('sub_1Receipts', '0b6a7f3e-94c1-4f0a-8f0e-2f6a1b7c8d90');
    await eventually(() => expect(printed).toContain(`Renewal ${renewal.id} is processed`));
    await eventually(() => expect(printed.match(new RegExp(`Receipt: ${invoice}, \\$`, 'g'))).toHaveLength(1));
  });

  it('goes on after a restart, by a new secret', async () => {
    await stop();
    await start();
    const { renewal } = await liveThrough('sub_1Again', '1c6a7f3e-94c1-4f0a-8f0e-2f6a1b7c8d91');
    await eventually(() => expect(printed).toContain(`Renewal ${renewal.id} is processed`));
    expect(await ledger.handlerEndpoints()).toMatchObject([{ name: 'receipts' }]);
  });
});
