import { randomUUID } from 'node:crypto';
import { HandlerMap } from '@renewal-ledger/sdk';
import { lifeOf } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

let service: TestService;

beforeAll(async () => {
  const plugin = new HandlerMap().on(
    'invoice.paid',
    () => {
      throw new Error('A plugin of somebody’s.');
    },
    { name: 'Plugin.fails' },
  );
  service = await startService({ ack: 'handled', handlers: plugin });
});

afterAll(() => service.stop());

function aLife() {
  const uuid = randomUUID();
  const life = lifeOf(`sub_${uuid.slice(0, 8)}`, { cycles: 1, metadata: { checkout_intent_uuid: uuid } });
  const { invoice, effectiveDate } = life.renewals[0]!;
  const ofRenewal = (type: string) =>
    life.events.find((event) => event.type === type && (event.data.object as { id?: string }).id === invoice)!;
  return { uuid, life, invoice, effectiveDate, ofRenewal };
}

async function createIntent(uuid: string): Promise<string> {
  const { json } = await service.graphql(
    'mutation ($uuid: ID!) { createCheckoutIntent(input: { uuid: $uuid }) { id } }',
    { uuid },
  );
  return json.data.createCheckoutIntent.id;
}

async function createRenewal(checkoutIntentId: string, effectiveDate: number): Promise<void> {
  const input = {
    checkoutIntentId,
    subscriptionPlanRenewalId: checkoutIntentId,
    effectiveDate: new Date(effectiveDate * 1000).toISOString(),
  };
  const { json } = await service.graphql(
    'mutation ($input: CreateRenewalInput!) { createRenewal(input: $input) { id } }',
    { input },
  );
  expect(json.errors).toBeUndefined();
}

it('an invoice.paid without its renewal is refused until the renewal came, then taken, and its receipt is raised once', async () => {
  const { uuid, effectiveDate, invoice, ofRenewal } = aLife();
  const intent = await createIntent(uuid);
  const paid = ofRenewal('invoice.paid');
  const refused = await service.post(paid);
  expect([refused.status, refused.json.error.code]).toEqual([503, 'NOT_HANDLED']);
  expect((await service.post(paid)).status).toBe(503);
  await createRenewal(intent, effectiveDate);
  const taken = await service.post(paid);
  expect([taken.status, taken.json]).toEqual([200, { received: true, duplicate: true }]);
  const { json } = await service.graphql(
    'query ($invoice: String!) { events(filter: { type: ["payment.received"], stripeInvoiceId: $invoice }) { nodes { id } } }',
    { invoice },
  );
  expect(json.data.events.nodes).toEqual([{ id: `payment.received:${invoice}` }]);
});

it('an event that the built-in handlers finish is answered 200, whatever a plugin does with it', async () => {
  const { uuid, effectiveDate, ofRenewal } = aLife();
  await createRenewal(await createIntent(uuid), effectiveDate);
  expect((await service.post(ofRenewal('invoice.paid'))).status).toBe(200);
});

it('an event that nobody handles is answered 200', async () => {
  expect(
    (await service.post({ id: 'evt_nobody', type: 'charge.succeeded', created: 1_800_000_000, data: { object: {} } }))
      .status,
  ).toBe(200);
});

it('invoice.created is answered as soon as it is stored', async () => {
  const { ofRenewal } = aLife();
  await service.dispatcher!.stop();
  expect((await service.post(ofRenewal('invoice.created'))).status).toBe(200);
  await service.dispatcher!.start();
});

it('a repeated post of invoice.created is answered as soon, and wakes its handlers too', async () => {
  const created = aLife().ofRenewal('invoice.created');
  const isHandled = () =>
    eventually(async () => {
      const rows = await service.db.sql('select state from event where id = $1', [created.id]);
      expect(rows).toEqual([{ state: 'HANDLED' }]);
    });
  await service.post(created);
  await isHandled();
  await service.db.sql(`update delivery set state = 'DEAD' where event_id = $1`, [created.id]);
  await service.db.sql(`update event set state = 'DEAD' where id = $1`, [created.id]);
  expect((await service.post(created)).status).toBe(200);
  await isHandled();
});

it.each([
  ['refuses connections', (proxy: TcpProxy) => proxy.cut()],
  ['falls silent', async (proxy: TcpProxy) => proxy.silence()],
])(
  'a post of which the database %s once it is stored is answered NOT_HANDLED in time',
  async (_, begin) => {
    let proxy: TcpProxy | undefined;
    const databaseUrl = async (url: string) => (proxy = await openTcpProxy(url)).through(url);
    const cut = await startService({ ack: 'handled', role: 'web', databaseUrl });
    const start = performance.now();
    const answer = cut.post(aLife().ofRenewal('invoice.paid'));
    const jobs = () => cut.db.sql(`select from pgboss.job where name = 'event'`);
    await eventually(async () => expect(await jobs(), 'sent once the event is stored').toHaveLength(1));
    await begin(proxy!);
    expect(await answer).toMatchObject({ status: 503, json: { error: { code: 'NOT_HANDLED' } } });
    expect(performance.now() - start).toBeLessThan(13_000);
    await proxy!.restore();
    await cut.stop();
    await proxy!.close();
  },
  30_000,
);
