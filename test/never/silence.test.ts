import { GiveUp, HandlerMap } from '@renewal-ledger/sdk';
import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/log.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

const SECRET = 'whsec_never_to_be_seen';
const PRIVATE = 'jane.doe@private.example';

let service: TestService;
let isBroken = true;
const logged: string[] = [];

const broken = (event: { readonly data: { readonly object: unknown } }) => {
  if (isBroken) throw new GiveUp('It is broken; the key is sk_live_of_somebody, or Bearer abc.def.');
  return void event;
};

beforeAll(async () => {
  service = await startService({
    webhookSecrets: [SECRET],
    handlers: new HandlerMap().on('charge.captured', broken, { name: 'Plugin.breaks' }),
    log: createLogger('trace', { write: (line) => void logged.push(line) }),
  });
});
afterAll(() => service.stop());

const aCharge = (id: string) =>
  aStripeEvent(
    'charge.captured',
    { id, object: 'charge', created: 1_700_000_000, receipt_email: PRIVATE },
    { id: `evt_${id}` },
  );

async function dead(id: string) {
  const query = `query ($id: ID!) { events(filter: { state: DEAD }, first: 50) { nodes { id deliveries { state lastError } } }
                  event(id: $id) { state } }`;
  const { json } = await service.graphql(query, { id });
  expect(json.errors).toBeUndefined();
  return json.data.events.nodes.find((event: { id: string }) => event.id === id);
}

describe('Never', () => {
  it("a handler's failure hidden by a 200 and forgotten: it is DEAD for all to see until a replay finishes it", async () => {
    const event = aCharge('ch_failing');
    expect((await service.post(event)).status).toBe(200);
    const found = await eventually(async () => {
      const node = await dead(event.id);
      expect(node).toBeDefined();
      return node;
    });
    expect(found.deliveries).toMatchObject([{ state: 'DEAD', lastError: expect.stringContaining('It is broken') }]);
    isBroken = false;
    const { json } = await service.graphql(
      'mutation ($input: ReplayEventsInput!) { replayEvents(input: $input) { replayed } }',
      {
        input: { ids: [event.id] },
      },
    );
    expect(json.data.replayEvents.replayed).toBe(1);
    await eventually(async () =>
      expect(await service.db.sql('select state from event where id = $1', [event.id])).toEqual([{ state: 'HANDLED' }]),
    );
  });

  it('a payload, secret or key in a log line or an error', async () => {
    isBroken = true;
    const answers = [
      await service.post(aCharge('ch_seen')),
      await service.post(aStripeEvent('invoice.paid', anInvoice({ raw: { customer_email: PRIVATE, lines: PRIVATE } }))),
      await service.post(aCharge('ch_forged'), { 'stripe-signature': `t=1,v1=${'0'.repeat(64)}` }),
      await service.post(`{"id": "evt_broken", "receipt_email": "${PRIVATE}"`),
      await service.graphql(`query { event(id: "${PRIVATE}") { nothing } }`),
      await service.graphql('mutation ($input: CreateRenewalInput!) { createRenewal(input: $input) { id } }', {
        input: { checkoutIntentId: '999', subscriptionPlanRenewalId: 'x', effectiveDate: '2026-01-01T00:00:00Z' },
      }),
      await service.post(aCharge('ch_answered'), { authorization: `Bearer ${service.apiKey}`, 'x-note': PRIVATE }),
    ];
    await service.dispatcher!.idle();
    const errors = await service.db.sql('select last_error from delivery where last_error is not null');
    expect(errors.length).toBeGreaterThan(0);
    expect(logged.length).toBeGreaterThan(0);
    const shown = [...logged, JSON.stringify(errors), ...answers.map(({ json }) => JSON.stringify(json))];
    for (const never of [SECRET, PRIVATE, service.apiKey, 'sk_live_of_somebody', 'abc.def']) {
      expect(shown.filter((line) => line.includes(never))).toEqual([]);
    }
  });
});
