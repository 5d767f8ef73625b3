import { afterAll, beforeAll, expect, test } from 'vitest';
import { IgnoredBecause } from '../../src/events/ignored.js';
import { startService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startService({ livemode: 'live' });
});
afterAll(() => service.stop());

const anEvent = (id: string, overrides: object) => ({
  id,
  object: 'event',
  type: 'invoice.paid',
  created: 1_790_000_000,
  data: { object: { object: 'invoice', id: 'in_1' } },
  ...overrides,
});
const rowOf = async (id: string) => (await service.db.sql('select * from event where id = $1', [id]))[0];
const jobsOf = (id: string) =>
  service.db.sql(
    `select from pgboss.job where data @> jsonb_build_object('events', jsonb_build_array(jsonb_build_object('id', $1::text)))`,
    [id],
  );

test.each([
  ['of the other mode', { livemode: false }, IgnoredBecause.OTHER_MODE],
  ['of a Connect account', { account: 'acct_1', livemode: true }, IgnoredBecause.CONNECT_ACCOUNT],
  [
    'that is thin',
    { object: 'v2.core.event', created: '2026-11-23T06:20:52.246Z', related_object: { id: 'in_1', type: 'invoice' } },
    IgnoredBecause.THIN,
  ],
])('an event %s is acknowledged, kept and ignored, with the reason', async (what, overrides, because) => {
  const event = anEvent(`evt_${what}`, overrides);
  expect((await service.post(event)).json).toEqual({ received: true, duplicate: false });
  expect(await rowOf(event.id)).toMatchObject({
    state: 'IGNORED',
    ignored_because: because,
    handled_at: null,
    stripe_invoice_id: 'in_1',
  });
  expect(await jobsOf(event.id)).toEqual([]);
  expect(await service.db.sql('select from event_body where event_id = $1', [event.id])).toHaveLength(1);
});

test('an event that names no mode counts as one of the configured mode', async () => {
  await service.post(anEvent('evt_modeless', {}));
  expect(await rowOf('evt_modeless')).toMatchObject({ ignored_because: null, livemode: null });
});
