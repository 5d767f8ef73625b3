import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeyScope } from '../../src/entities/states.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { serveGraphql, type GraphqlAnswer, type GraphqlService } from '../support/graphql.js';
import { insertRow } from '../support/rows.js';

let db: TestDatabase;
let service: GraphqlService;

beforeAll(async () => {
  db = await openTestDatabase();
  service = await serveGraphql(db);
});
afterAll(async () => {
  await service.close();
  await db.close();
});

const INPUTS = {
  createCheckoutIntent: 'CreateCheckoutIntentInput!',
  updateCheckoutIntent: 'UpdateCheckoutIntentInput!',
  createRenewal: 'CreateRenewalInput!',
  updateRenewal: 'UpdateRenewalInput!',
  linkInvoice: 'LinkInvoiceInput!',
  unlinkInvoice: 'UnlinkInvoiceInput!',
  replayEvents: 'ReplayEventsInput!',
} as const;

/** Calls a mutation with the write key; the answer's `data` is what the mutation answered. */
async function call(name: keyof typeof INPUTS, input: object, selection = '{ id }'): Promise<GraphqlAnswer> {
  const answer = await service.ask(
    `mutation ($input: ${INPUTS[name]}) { answer: ${name}(input: $input) ${selection} }`,
    { input },
    ApiKeyScope.write,
  );
  expect(answer.status, JSON.stringify(answer.errors)).toBe(200);
  return { ...answer, data: answer.data?.answer ?? null };
}

let lastNumber = 0;

async function anIntent(input: object = {}): Promise<string> {
  return (await call('createCheckoutIntent', input)).data.id;
}

async function aRenewal(input: object = {}): Promise<string> {
  lastNumber += 1;
  const checkoutIntentId = await anIntent();
  const { data } = await call('createRenewal', {
    checkoutIntentId,
    subscriptionPlanRenewalId: `renewal-${lastNumber}`,
    ...input,
  });
  return data.id;
}

const HISTORY = '{ history { by reason changes } }';

describe('a checkout intent', () => {
  it('is created with the defaults of the contract', async () => {
    const { data } = await call(
      'createCheckoutIntent',
      {},
      '{ uuid state quantity enterpriseName stripeCustomerId renewals { nodes { id } } }',
    );
    expect(data).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      state: 'CREATED',
      quantity: 1,
      enterpriseName: null,
      stripeCustomerId: null,
      renewals: { nodes: [] },
    });
  });

  it('is created once for each uuid', async () => {
    const uuid = 'F1A0C6C6-3C5E-4C4E-9C59-0F8B8F2E7A11';
    const first = await call('createCheckoutIntent', { uuid, quantity: 7 }, '{ id uuid quantity }');
    const second = await call(
      'createCheckoutIntent',
      { uuid: uuid.toLowerCase(), quantity: 8 },
      '{ id uuid quantity }',
    );
    expect(second.data).toEqual(first.data);
    expect(first.data).toMatchObject({ uuid: uuid.toLowerCase(), quantity: 7 });
  });

  it('keeps what an update leaves out, and loses what it sets to null', async () => {
    const id = await anIntent({ enterpriseName: 'Acme', enterpriseSlug: 'acme', quantity: 3 });
    const { data } = await call(
      'updateCheckoutIntent',
      { id, enterpriseName: null, reason: 'a merger' },
      '{ enterpriseName enterpriseSlug quantity history { by reason changes } }',
    );
    expect(data).toMatchObject({ enterpriseName: null, enterpriseSlug: 'acme', quantity: 3 });
    expect(data.history.at(-1)).toEqual({
      by: 'the write key',
      reason: 'a merger',
      changes: { enterpriseName: ['Acme', null] },
    });
  });

  it.each([
    ['a transition that there is none of', { state: 'FULFILLED' }, 'LINK_CONFLICT'],
    ['a state set to null', { state: null }, 'BAD_USER_INPUT'],
    ['a quantity set to null', { quantity: null }, 'BAD_USER_INPUT'],
    ['a quantity of zero', { quantity: 0 }, 'BAD_USER_INPUT'],
    ['no uuid', { enterpriseUuid: '12' }, 'BAD_USER_INPUT'],
    ['an empty name', { enterpriseName: ' ' }, 'BAD_USER_INPUT'],
    ['a name too long for an index', { enterpriseSlug: 'x'.repeat(3_000) }, 'BAD_USER_INPUT'],
    ['NUL', { stripeCustomerId: 'cus_\0' }, 'BAD_USER_INPUT'],
  ])('refuses %s', async (_what, change, code) => {
    const answer = await call('updateCheckoutIntent', { id: await anIntent(), ...change });
    expect(answer).toMatchObject({ status: 200, data: null, code });
    expect(answer.errors?.[0]?.message).toMatch(/^.{10,300}\.$/);
  });

  it.each(['0', '999999', 'abc', '9223372036854775808', ''])('of the id %j is not found', async (id) => {
    expect(await call('updateCheckoutIntent', { id, quantity: 2 })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await call('createRenewal', { checkoutIntentId: id, subscriptionPlanRenewalId: `of ${id}` })).toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('a renewal', () => {
  it('is created once for each subscriptionPlanRenewalId', async () => {
    const checkoutIntentId = await anIntent();
    const input = { checkoutIntentId, subscriptionPlanRenewalId: 'once', effectiveDate: '2026-11-23T01:00:00+01:00' };
    const first = await call(
      'createRenewal',
      input,
      '{ id state effectiveDate givenDate isCanceled linkedBy checkoutIntent { id } }',
    );
    const second = await call(
      'createRenewal',
      { ...input, effectiveDate: '2027-01-01T00:00:00Z' },
      '{ id effectiveDate }',
    );
    expect(first.data).toMatchObject({
      state: 'SCHEDULED',
      effectiveDate: '2026-11-23T00:00:00.000Z',
      givenDate: '2026-11-23T00:00:00.000Z',
      isCanceled: false,
      linkedBy: null,
      checkoutIntent: { id: checkoutIntentId },
    });
    expect(second.data).toEqual({ id: first.data.id, effectiveDate: first.data.effectiveDate });
  });

  it('is canceled by hand, and back, with its history', async () => {
    const id = await aRenewal();
    const cancel = (isCanceled: boolean) =>
      call(
        'updateRenewal',
        { id, isCanceled, reason: 'as asked' },
        '{ state isCanceled canceledByHand history { by reason } }',
      );
    expect((await cancel(true)).data).toMatchObject({ state: 'CANCELED', isCanceled: true, canceledByHand: true });
    expect((await cancel(false)).data).toMatchObject({ state: 'SCHEDULED', isCanceled: false, canceledByHand: false });
    const { data } = await service.ask(`{ renewal(id: "${id}") ${HISTORY} }`);
    expect(data.renewal.history.slice(-2)).toMatchObject([
      { by: 'the write key', reason: 'as asked' },
      { by: 'the write key', reason: 'as asked' },
    ]);
  });

  it.each([
    ['updateRenewal', { reason: 'x' }],
    ['unlinkInvoice', { reason: 'x' }],
  ] as const)('that is not there is not found by %s', async (name, input) => {
    for (const id of ['999999', 'abc', '-1']) {
      expect(await call(name, { ...input, ...(name === 'updateRenewal' ? { id } : { renewalId: id }) })).toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await service.ask(`mutation { markRenewalProcessed(renewalId: "${id}") { id } }`)).toMatchObject({
        code: 'NOT_FOUND',
      });
    }
  });

  it('that is not paid cannot be processed, nor unlinked', async () => {
    const id = await aRenewal();
    expect(await service.ask(`mutation { markRenewalProcessed(renewalId: "${id}") { id } }`)).toMatchObject({
      code: 'LINK_CONFLICT',
    });
    expect(await call('unlinkInvoice', { renewalId: id, reason: 'x' })).toMatchObject({ code: 'LINK_CONFLICT' });
  });

  it('that one request changes twice is answered as it is each time', async () => {
    const id = await aRenewal();
    const change = (isCanceled: boolean) =>
      `updateRenewal(input: { id: "${id}", isCanceled: ${isCanceled}, reason: "x" }) { isCanceled checkoutIntent { renewals { nodes { isCanceled } } } }`;
    const { data } = await service.ask(`mutation { one: ${change(true)} two: ${change(false)} }`);
    expect(data.one).toEqual({ isCanceled: true, checkoutIntent: { renewals: { nodes: [{ isCanceled: true }] } } });
    expect(data.two).toEqual({ isCanceled: false, checkoutIntent: { renewals: { nodes: [{ isCanceled: false }] } } });
  });
});

describe('linking', () => {
  const LINK =
    '{ outcome renewal { id stripeInvoiceId linkedBy } explanation { invoiceId outcome code reason renewal { id } candidates { code accepted renewal { id } } } }';

  it('to a named renewal takes an invoice that is not known yet', async () => {
    const renewalId = await aRenewal();
    const { data } = await call('linkInvoice', { invoiceId: 'in_by_name', renewalId }, LINK);
    expect(data).toMatchObject({
      outcome: 'LINKED',
      renewal: { id: renewalId, stripeInvoiceId: 'in_by_name', linkedBy: 'PERSON' },
      explanation: { invoiceId: 'in_by_name', code: 'LINKED_BY_PERSON' },
    });
  });

  it('answers by its outcome where a link stands', async () => {
    const [holder, other] = [await aRenewal(), await aRenewal()];
    await call('linkInvoice', { invoiceId: 'in_held', renewalId: holder }, LINK);
    expect((await call('linkInvoice', { invoiceId: 'in_held', renewalId: other }, LINK)).data).toMatchObject({
      outcome: 'ALREADY_LINKED',
      renewal: { id: holder },
    });
    expect((await call('linkInvoice', { invoiceId: 'in_another', renewalId: holder }, LINK)).data).toMatchObject({
      outcome: 'CONFLICT',
      renewal: { id: holder },
    });
  });

  it('by the rules needs an invoice that is known', async () => {
    expect(await call('linkInvoice', { invoiceId: 'in_unheard_of' }, LINK)).toMatchObject({ code: 'NOT_FOUND' });
    await insertRow(db, 'invoice', { id: 'in_one_off', billing_reason: 'manual' });
    const { data } = await call('linkInvoice', { invoiceId: 'in_one_off' }, LINK);
    expect(data).toMatchObject({
      outcome: 'NOT_A_RENEWAL',
      renewal: null,
      explanation: { code: 'NO_SUBSCRIPTION', candidates: [] },
    });
    const explained = await service.ask(
      '{ explainMatch(invoiceId: "in_one_off") { outcome code reason renewal { id } } }',
      {},
      ApiKeyScope.read,
    );
    expect(explained.data.explainMatch).toMatchObject({
      outcome: 'NOT_A_RENEWAL',
      code: 'NO_SUBSCRIPTION',
      renewal: null,
    });
  });

  it('is taken back with a reason, and then free', async () => {
    const renewalId = await aRenewal();
    await call('linkInvoice', { invoiceId: 'in_wrong', renewalId }, LINK);
    expect(
      (await call('unlinkInvoice', { renewalId, reason: 'wrong one' }, '{ stripeInvoiceId linkedBy state }')).data,
    ).toEqual({ stripeInvoiceId: null, linkedBy: null, state: 'SCHEDULED' });
  });
});

describe('replaying', () => {
  it('takes the ids that are named, and says why it refuses one', async () => {
    await insertRow(db, 'event', { id: 'evt_erased', payload_erased_at: new Date(0) });
    const { data } = await call(
      'replayEvents',
      { ids: ['evt_erased', 'evt_unheard_of', 'evt_erased'] },
      '{ replayed refused { eventId reason } }',
    );
    expect(data.replayed).toBe(0);
    expect(data.refused.map((refusal: { eventId: string }) => refusal.eventId)).toEqual([
      'evt_erased',
      'evt_unheard_of',
    ]);
  });

  it('takes the newest that a filter finds, as many as the limit says', async () => {
    for (const second of [1, 2, 3])
      await insertRow(db, 'event', { id: `evt_dead_${second}`, state: 'DEAD', received_at: new Date(second * 1000) });
    const replay = async (input: object) => {
      const { data } = await call('replayEvents', { filter: { state: ['DEAD'] }, ...input }, '{ refused { eventId } }');
      return data.refused.map((refusal: { eventId: string }) => refusal.eventId).sort();
    };
    expect(await replay({ limit: 2 })).toEqual(['evt_dead_2', 'evt_dead_3']);
    expect(await replay({ ids: ['evt_dead_1', 'evt_erased'] })).toEqual(['evt_dead_1']);
  });

  it.each([
    ['neither ids nor a filter', {}],
    ['a limit of zero', { ids: [], limit: 0 }],
    ['a limit beyond all measure', { ids: [], limit: 1_000_000 }],
    ['too many ids', { ids: Array.from({ length: 10_001 }, (_, index) => `evt_${index}`) }],
  ])('refuses %s', async (_what, input) => {
    expect(await call('replayEvents', input, '{ replayed }')).toMatchObject({ status: 200, code: 'BAD_USER_INPUT' });
  });
});
