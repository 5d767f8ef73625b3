import { HandlerMap } from '@renewal-ledger/sdk';
import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

type Emitted = Parameters<Parameters<Parameters<HandlerMap['on']>[1]>[1]['emit']>;

let service: TestService;
const emits = new Map<string, Emitted>();

beforeAll(async () => {
  const emit = new HandlerMap().on('charge.failed', ({ id }, ctx) => ctx.emit(...emits.get(id)!), {
    name: 'Emits.any',
  });
  service = await startService({ handlers: emit });
});
afterAll(() => service.stop());

/** What came of a handler's delivery that emits this. */
async function emitted(...event: Emitted) {
  const id = `evt_emits_${emits.size}`;
  emits.set(id, event);
  await service.post(aStripeEvent('charge.failed', { id: 'ch_1', object: 'charge' }, { id }));
  return eventually(async () => {
    const [delivery] = await service.db.sql<{ state: string; last_error: string | null }>(
      'select state, last_error from delivery where event_id = $1 and tries > 0 and state <> $2',
      [id, 'PENDING'],
    );
    expect(delivery).toBeDefined();
    return delivery;
  });
}

describe('an event that a handler emits', () => {
  it.each<[string, Record<string, unknown>]>([
    ['text', { checkoutIntentId: 'the first' }],
    ['more digits than an id has', { checkoutIntentId: '99999999999999999999' }],
    ['text that is longer than an id', { stripeCustomerId: Array.from({ length: 9_000 }, Math.random).join() }],
    ['NUL', { stripeInvoiceId: 'in_\0' }],
  ])('may hold %s under the name of an id: it is no id then', async (what, payload) => {
    expect(await emitted('acme.noted', what, payload)).toMatchObject({ state: 'DONE' });
    const { json } = await service.graphql(
      'query ($id: ID!) { event(id: $id) { stripeCustomerId stripeInvoiceId checkoutIntent { id } payload } }',
      { id: `acme.noted:${what}` },
    );
    expect(json.data.event).toMatchObject({ stripeCustomerId: null, stripeInvoiceId: null, checkoutIntent: null });
    expect(json.data.event.payload.data.object).toEqual(payload);
  });

  it.each<Emitted>([
    ['invoice.paid', 'in_emitted', anInvoice({ id: 'in_emitted' })],
    ['renewal.paid', '1:in_emitted', {}],
  ])('is not %s: facts come from Stripe, and what follows from them from the ledger', async (...event) => {
    expect(await emitted(...event)).toMatchObject({
      state: 'RETRYING',
      last_error: `Events of the type ${event[0]} are not yours to emit; give yours a type of its own.`,
    });
    const query = 'query ($id: ID!) { event(id: $id) { id } invoice(id: "in_emitted") { id } }';
    const { json } = await service.graphql(query, { id: `${event[0]}:${event[1]}` });
    expect(json.data).toEqual({ event: null, invoice: null });
  });

  it('has an object as its payload', async () => {
    expect(await emitted('acme.noted', 'nothing', null as never)).toMatchObject({
      state: 'RETRYING',
      last_error: expect.stringContaining('object of JSON'),
    });
  });
});
