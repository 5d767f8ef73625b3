import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeyScope } from '../../src/entities/states.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { serveGraphql, type GraphqlService } from '../support/graphql.js';
import { insertRow } from '../support/rows.js';

let db: TestDatabase;
let service: GraphqlService;
let intent: { id: string; uuid: string };
let renewal: { id: string };

const ERASED_AT = '2026-11-23T10:00:00.000Z';

beforeAll(async () => {
  db = await openTestDatabase();
  service = await serveGraphql(db);
  intent = await insertRow(db, 'checkout_intent', {});
  renewal = await insertRow(db, 'renewal', {
    checkout_intent_id: intent.id,
    subscription_plan_renewal_id: 'plan-renewal',
    stripe_invoice_id: 'in_unheard_of',
    effective_date: '2026-11-23T10:00:00.123456Z',
  });
  await insertRow(db, 'invoice', { id: 'in_1', total: '-500', currency: 'usd' });
  await insertRow(db, 'subscription', { id: 'sub_1' });
  await insertEvent('evt_json', '{"id":"evt_json","data":{"n":[1,"\\u0000"]}}');
  await insertEvent('evt_broken', '{"id":');
  await insertRow(db, 'event', { id: 'evt_erased', payload_erased_at: ERASED_AT });
});
afterAll(async () => {
  await service.close();
  await db.close();
});

async function insertEvent(id: string, body: string): Promise<void> {
  await insertRow(db, 'event', { id });
  await db.sql(
    'insert into event_body (event_id, received_at, body) select id, received_at, $2 from event where id = $1',
    [id, Buffer.from(body)],
  );
}

describe('a lookup', () => {
  it.each([
    ['checkoutIntent(id: "INTENT")', 'INTENT'],
    ['checkoutIntent(uuid: "UUID")', 'INTENT'],
    ['renewal(id: "RENEWAL")', 'RENEWAL'],
    ['renewal(stripeInvoiceId: "in_unheard_of")', 'RENEWAL'],
    ['renewal(subscriptionPlanRenewalId: "plan-renewal", id: null)', 'RENEWAL'],
    ['subscription(id: "sub_1")', 'sub_1'],
    ['invoice(id: "in_1")', 'in_1'],
    ['event(id: "evt_json")', 'evt_json'],
  ])('%s finds it', async (field, expected) => {
    const fill = (text: string) =>
      text.replace('INTENT', intent.id).replace('UUID', intent.uuid.toUpperCase()).replace('RENEWAL', renewal.id);
    expect(await service.ask(`{ found: ${fill(field)} { id } }`)).toMatchObject({
      data: { found: { id: fill(expected) } },
      errors: undefined,
    });
  });

  it.each([
    'checkoutIntent(id: "999")',
    'checkoutIntent(id: "0")',
    'checkoutIntent(id: "01")',
    'checkoutIntent(id: "-1")',
    'checkoutIntent(id: "1e3")',
    'checkoutIntent(id: "9223372036854775807")',
    'checkoutIntent(id: "9223372036854775808")',
    'checkoutIntent(id: "")',
    'checkoutIntent(id: 99999999999999999999999)',
    'checkoutIntent(uuid: "00000000-0000-0000-0000-000000000000")',
    'checkoutIntent(uuid: "no uuid")',
    'renewal(id: "abc")',
    'renewal(stripeInvoiceId: "in_")',
    'renewal(subscriptionPlanRenewalId: "\'")',
    'subscription(id: "sub_")',
    'invoice(id: "in_")',
    'event(id: "evt_")',
    'explainMatch(invoiceId: "in_")',
  ])('%s answers null, not an error', async (field) => {
    const selection = field.startsWith('explain') ? 'code' : 'id';
    expect(await service.ask(`{ found: ${field} { ${selection} } }`)).toMatchObject({
      status: 200,
      data: { found: null },
      errors: undefined,
    });
  });

  it.each([
    ['checkoutIntent', 'Give exactly one of id, uuid.'],
    ['checkoutIntent(id: null)', 'Give exactly one of id, uuid.'],
    ['checkoutIntent(id: "1", uuid: "no uuid")', 'Give exactly one of id, uuid.'],
    ['renewal', 'Give exactly one of id, stripeInvoiceId, subscriptionPlanRenewalId.'],
    [
      'renewal(id: "1", stripeInvoiceId: "in_1")',
      'Give exactly one of id, stripeInvoiceId, subscriptionPlanRenewalId.',
    ],
  ])('%s is refused: one key is needed', async (field, message) => {
    expect(await service.ask(`{ found: ${field} { id } }`)).toMatchObject({
      code: 'BAD_USER_INPUT',
      errors: [{ message }],
    });
  });

  it('refuses NUL, which no text in the database holds, in literals, variables and lists', async () => {
    const asked = [
      service.ask('{ invoice(id: "in_\\u0000") { id } }'),
      service.ask('query ($id: ID!) { invoice(id: $id) { id } }', { id: 'in_\0' }),
      service.ask('{ events(filter: { type: ["a", "\\u0000"] }) { nodes { id } } }'),
      service.ask('{ renewals(after: "\\u0000") { nodes { id } } }'),
    ];
    for (const answer of await Promise.all(asked)) expect(answer.code).toBe('BAD_USER_INPUT');
  });
});

describe('what is answered', () => {
  it('has times in UTC with milliseconds, and negative amounts', async () => {
    const { data } = await service.ask(
      `{ renewal(id: "${renewal.id}") { effectiveDate givenDate invoice { id } subscription { id } } invoice(id: "in_1") { total currency amountPaid } }`,
    );
    expect(data.renewal).toEqual({
      effectiveDate: '2026-11-23T10:00:00.123Z',
      givenDate: null,
      invoice: null,
      subscription: null,
    });
    expect(data.invoice).toEqual({ total: -500, currency: 'usd', amountPaid: null });
  });

  it('has the payload as it was received; null where it is erased or no JSON', async () => {
    const { data } = await service.ask(
      '{ ok: event(id: "evt_json") { payload } broken: event(id: "evt_broken") { payload } erased: event(id: "evt_erased") { payload payloadErasedAt } }',
    );
    expect(data.ok.payload).toEqual({ id: 'evt_json', data: { n: [1, '\0'] } });
    expect(data.broken.payload).toBeNull();
    expect(data.erased).toEqual({ payload: null, payloadErasedAt: ERASED_AT });
  });

  it.each([ApiKeyScope.read, ApiKeyScope.write])('holds no payload for the scope %s', async (scope) => {
    const { data, errors, status } = await service.ask('{ event(id: "evt_json") { id payload } }', {}, scope);
    expect({ status, data }).toEqual({ status: 200, data: { event: { id: 'evt_json', payload: null } } });
    expect(errors).toMatchObject([{ path: ['event', 'payload'], extensions: { code: 'FORBIDDEN' } }]);
  });
});
