import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lifeOf } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type LicenseManagerStandIn, startLicenseManager } from '../support/license-manager.js';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js';
import { startService, type TestService } from '../support/service.js';
import { signature } from '../support/signature.js';

/** `call` is the one downstream: before it is sent, and after it was received. The others are what is committed. */
const POINTS = ['store', 'delivery rows', 'delivery claim', 'claim', 'call', 'processed', 'write'].flatMap((point) => [
  `before ${point}`,
  `after ${point}`,
]);
const KILL_POINT = fileURLToPath(new URL('kill-point.ts', import.meta.url));
const PATIENCE_MS = 30_000;

let manager: LicenseManagerStandIn;
/** Stores and answers beside those that are killed, and handles nothing. */
let web: TestService;
const acknowledged = new Set<string>();
const planRenewals: string[] = [];

beforeAll(async () => {
  manager = await startLicenseManager();
  web = await startService({ role: 'web' });
  await web.db.sql('create table effects (event_id text not null)');
});
afterAll(async () => {
  await web.stop();
  await manager.stop();
});

async function mutate(name: string, input: object): Promise<string> {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
  const { json } = await web.graphql(`mutation ($input: ${type}) { ${name}(input: $input) { id } }`, { input });
  expect(json.errors).toBeUndefined();
  return json.data[name].id;
}

/** The events of a subscription whose one renewal is known. */
async function aLife(): Promise<readonly { id: string }[]> {
  const uuid = randomUUID();
  const spec = { trial: 14, cycles: 1, metadata: { checkout_intent_uuid: uuid } };
  const life = lifeOf(`sub_${uuid.slice(0, 8)}`, spec);
  const checkoutIntentId = await mutate('createCheckoutIntent', { uuid });
  const effectiveDate = new Date(life.renewals[0]!.effectiveDate * 1000).toISOString();
  planRenewals.push(uuid);
  await mutate('createRenewal', { checkoutIntentId, subscriptionPlanRenewalId: uuid, effectiveDate });
  return life.events;
}

async function post(url: string, event: { id: string }): Promise<void> {
  const body = JSON.stringify(event);
  const headers = { 'stripe-signature': signature(body, { secret: web.secret }) };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(`${url}/webhooks/stripe`, { method: 'POST', headers, body, signal }).catch(() => null);
  if (answer?.status === 200) acknowledged.add(event.id);
}

const startProcess = (killPoint = ''): ServiceProcess =>
  startServiceProcess({
    nodeOptions: ['--import', KILL_POINT],
    env: {
      KILL_POINT: killPoint,
      DATABASE_URL: web.db.url,
      STRIPE_WEBHOOK_SECRET: web.secret,
      ADMIN_API_KEY: web.apiKey,
      LICENSE_MANAGER_URL: manager.url,
      HANDLERS: './test/support/receipts.ts',
    },
  });

const unfinished = () =>
  web.db.sql(
    `select e.id, e.state, d.handler, d.state, d.last_error from event e left join delivery d on d.event_id = e.id
      where e.state not in ('HANDLED', 'IGNORED')`,
  );

describe('the service, killed at any point and started again', () => {
  it.each(POINTS)('dies %s', { timeout: 120_000 }, async (point) => {
    const doomed = startProcess(point);
    try {
      const events = await aLife();
      // What the one before it left undone may kill it as it starts.
      const url = await Promise.race([doomed.ready, doomed.ended.then(() => web.url)]);
      for (const event of events) await post(url, event);
      const end = await Promise.race([doomed.ended, pause(PATIENCE_MS, 'none')]);
      expect(end, doomed.output()).toBe('SIGKILL');
      // As Stripe does it: what was not acknowledged is posted again.
      for (const event of events) if (!acknowledged.has(event.id)) await post(web.url, event);
    } finally {
      doomed.kill();
    }
  });

  it('has lost nothing that it acknowledged, and done nothing twice', { timeout: 150_000 }, async () => {
    const survivor = startProcess();
    try {
      await eventually(async () => expect(await unfinished()).toEqual([]), { withinMs: 120_000 });
    } finally {
      survivor.kill();
      await survivor.ended;
    }
    const stored = await web.db.sql<{ id: string }>(`select id from event where source = 'STRIPE'`);
    expect(new Set(stored.map(({ id }) => id))).toEqual(acknowledged);
    expect(planRenewals).toHaveLength(POINTS.length);
    expect(manager.processed).toEqual(new Map(planRenewals.map((id) => [id, 1])));
    expect(await web.db.sql('select state, count(*)::int from renewal group by state')).toEqual([
      { state: 'PROCESSED', count: POINTS.length },
    ]);
    const [receipts] = await web.db.sql(
      `select (select count(*)::int from event where type = 'payment.received') as raised,
              (select count(*)::int from effects) as written, (select count(distinct event_id)::int from effects) as different`,
    );
    expect(receipts).toEqual({ raised: POINTS.length, written: POINTS.length, different: POINTS.length });
  });
});
