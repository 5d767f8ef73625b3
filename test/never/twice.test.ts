import { randomUUID } from 'node:crypto';
import { createLedgerClient, type LedgerClient } from '@renewal-ledger/sdk';
import { type LifeEvent, lifeOf } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type LicenseManagerStandIn, startLicenseManager } from '../support/license-manager.js';
import { startService, type TestService } from '../support/service.js';

const RENEWAL = 'plan-renewal-1';

let manager: LicenseManagerStandIn;
let service: TestService;
let other: TestService;
let ledger: LedgerClient;

beforeAll(async () => {
  manager = await startLicenseManager();
  const licenseManager = { url: manager.url, token: undefined };
  service = await startService({ licenseManager });
  other = await startService({ licenseManager, databaseUrl: () => service.db.url });
  ledger = createLedgerClient({ url: service.url, apiKey: service.apiKey });
});
afterAll(async () => {
  await other.stop();
  await service.stop();
  await manager.stop();
});

/** A year after a trial; whatever says that its invoice is paid comes as another event too. */
async function aPaidRenewal(): Promise<readonly LifeEvent[]> {
  const uuid = randomUUID();
  const life = lifeOf('sub_1', { trial: 14, cycles: 1, metadata: { checkout_intent_uuid: uuid } });
  const [renewal] = life.renewals;
  const effectiveDate = new Date(renewal!.effectiveDate * 1000).toISOString();
  const { id: checkoutIntentId } = await ledger.createCheckoutIntent({ uuid });
  await ledger.createRenewal({ checkoutIntentId, subscriptionPlanRenewalId: RENEWAL, effectiveDate });
  const repeated = life.events.filter(({ type }) => type.startsWith('invoice.pa'));
  return [...life.events, ...repeated.map((event) => ({ ...event, id: `${event.id}_again` }))];
}

const everythingIsHandled = () =>
  eventually(
    async () =>
      expect(
        await service.db.sql(`select id, state from event where state not in ('HANDLED', 'IGNORED') order by id`),
      ).toEqual([]),
    { withinMs: 40_000 },
  );

describe('Never', () => {
  it(
    'a renewal processed twice downstream, or a receipt raised twice, for one invoice: by repeats, lost answers, two workers or a replay',
    { timeout: 120_000 },
    async () => {
      manager.behave({ kind: 'fail', status: 500 }, { kind: 'lose-answer' }, { kind: 'fail', status: 503 });
      const events = await aPaidRenewal();
      const posts = [...events, ...events.toReversed(), ...events].map((event, index) =>
        [service, other][index % 2]!.post(event),
      );
      expect(new Set((await Promise.all(posts)).map(({ status }) => status))).toEqual(new Set([200]));
      await everythingIsHandled();
      const stored = await service.db.sql<{ id: string }>('select id from event');
      await ledger.replayEvents({ ids: stored.map(({ id }) => id), force: true });
      await everythingIsHandled();

      expect(manager.processed).toEqual(new Map([[RENEWAL, 1]]));
      const calls = manager.calls.filter(({ path }) => path.endsWith('/process/'));
      expect(calls.length).toBeGreaterThan(1);
      expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
      expect(
        await service.db.sql(
          `select type, count(*)::int from event where type in ('renewal.paid', 'payment.received', 'renewal.processed') group by type order by type`,
        ),
      ).toEqual([
        { type: 'payment.received', count: 1 },
        { type: 'renewal.paid', count: 1 },
        { type: 'renewal.processed', count: 1 },
      ]);
    },
  );
});
