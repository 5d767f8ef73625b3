import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { aDjangoEvent } from '../support/django-dump.js';
import { anExportedEvent, anExportedIntent, anExportedRenewal, importInto } from '../support/importing.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.sql('create table event_body_partition.test partition of event_body default');
});
afterAll(() => db.close());
beforeEach(async () => {
  for (const table of ['renewal', 'subscription', 'checkout_intent', 'invoice', 'event', 'event_body'])
    await db.sql(`delete from ${table}`);
});

const DUE = '2026-03-01T00:00:00Z';
const SUBSCRIPTION = 'sub_imported';
const { uuid: UUID } = anExportedIntent(1);

const invoiceEvent = (type: 'invoice.finalized' | 'invoice.paid', id: string, fields: object = {}) =>
  aStripeEvent(
    type,
    anInvoice({
      id,
      status: type === 'invoice.paid' ? 'paid' : 'open',
      subscription: SUBSCRIPTION,
      customer: 'cus_1',
      metadata: { checkout_intent_uuid: UUID },
      serviceStart: DUE,
      serviceEnd: '2027-03-01T00:00:00Z',
      ...fields,
    }),
  );

const raised = (type: string) =>
  db.sql<{ state: string; because: string | null }>(
    "select state, ignored_because as because from event where source = 'LEDGER' and type = $1",
    [type],
  );
const linkOf = async (plan: string) =>
  (
    await db.sql<{ invoice: string | null; by: string | null; state: string }>(
      'select stripe_invoice_id as invoice, linked_by as by, state from renewal where subscription_plan_renewal_id = $1',
      [plan],
    )
  )[0];

describe('a file is refused', () => {
  it.each<[string, object[], string]>([
    [
      'with a misspelt field',
      [anExportedIntent(1, { enterprizeName: 'Acme' })],
      'null: Unrecognized key: "enterprizeName"',
    ],
    [
      'of a newer version',
      [{ kind: 'renewal-ledger', version: 2 }],
      'version: must be 1: a newer renewal-ledger wrote this file.',
    ],
    [
      'of an unknown kind',
      [{ kind: 'invoice' }],
      'kind: must be one of: renewal-ledger, checkoutIntent, renewal, event.',
    ],
    ['with an id twice', [anExportedIntent(1), anExportedIntent(2, { id: 1 })], 'id: repeats that of line 1 (1).'],
    [
      'with one invoice for two renewals',
      [
        anExportedIntent(1),
        anExportedRenewal('a', { stripeInvoiceId: 'in_1' }),
        anExportedRenewal('b', { stripeInvoiceId: 'in_1' }),
      ],
      'stripeInvoiceId: repeats that of line 2 (in_1).',
    ],
    [
      'with two renewals that could never be told apart',
      [
        anExportedIntent(1),
        ...['a', 'b'].map((plan) =>
          anExportedRenewal(plan, { stripeSubscriptionId: SUBSCRIPTION, effectiveDate: DUE }),
        ),
      ],
      `effectiveDate: repeats that of line 2 (${SUBSCRIPTION} at 2026-03-01T00:00:00.000Z).`,
    ],
    [
      'with a time without its offset',
      [anExportedIntent(1, { createdAt: '2026-03-01T00:00:00' })],
      'createdAt: must be a time with its offset from UTC, such as 2026-01-01T00:00:00Z.',
    ],
    [
      'with an event that is none',
      [anExportedEvent({ id: 'evt_1' })],
      'body: must be an event: a JSON object with an id and a type.',
    ],
  ])('%s', async (_what, records, problem) => {
    expect(await importInto(db).problemsOf(...records)).toEqual([problem]);
    expect(await db.sql('select from checkout_intent')).toEqual([]);
  });

  it('where the database holds an invoice, a date or a renewal against it', async () => {
    await importInto(db).records(
      anExportedIntent(1),
      anExportedIntent(2),
      anExportedRenewal('held', { stripeInvoiceId: 'in_held', stripeSubscriptionId: SUBSCRIPTION, effectiveDate: DUE }),
    );
    const [held] = await db.sql<{ id: string }>('select id from renewal');
    expect(
      await importInto(db).problemsOf(
        anExportedRenewal('held', { checkoutIntentId: '2' }),
        anExportedRenewal('other', { stripeInvoiceId: 'in_held' }),
        anExportedRenewal('twin', { stripeSubscriptionId: SUBSCRIPTION, effectiveDate: DUE }),
      ),
    ).toEqual([
      expect.stringMatching(/^checkoutIntentId: does not fit: .* is of checkout intent 1/),
      `stripeInvoiceId: is linked to renewal ${held?.id} already.`,
      `effectiveDate: is that of renewal ${held?.id}, which is of the same subscription.`,
    ]);
  });

  it('where it links an invoice of another customer', async () => {
    await importInto(db).records(
      anExportedIntent(1, { stripeCustomerId: 'cus_other' }),
      anExportedEvent(invoiceEvent('invoice.paid', 'in_1')),
    );
    expect(await importInto(db).problemsOf(anExportedRenewal('a', { stripeInvoiceId: 'in_1' }))).toEqual([
      'stripeInvoiceId: is of another customer than checkout intent 1.',
    ]);
  });
});

describe('a payload that a dump of Django holds as text', () => {
  it('is read as the same payload', async () => {
    const dumped = aDjangoEvent(invoiceEvent('invoice.paid', 'in_as_text'));
    const asText = { ...dumped, fields: { ...dumped.fields, data: JSON.stringify(dumped.fields['data']) } };
    expect((await importInto(db).records(asText)).imported).toMatchObject({ events: 1, unreadable: 0 });
    expect(await db.sql('select id, status from invoice')).toEqual([{ id: 'in_as_text', status: 'paid' }]);
  });

  it('is refused where it is none', async () => {
    const dumped = aDjangoEvent(invoiceEvent('invoice.paid', 'in_as_text'));
    for (const data of ['{"id": ', '"evt_1"', ''])
      expect(await importInto(db).problemsOf({ ...dumped, fields: { ...dumped.fields, data } })).toEqual([
        'fields.data: must be the payload of an event.',
      ]);
  });
});

describe('links that are imported', () => {
  it('stand against a better claim', async () => {
    await importInto(db).records(
      anExportedIntent(1),
      anExportedRenewal('a', { stripeSubscriptionId: SUBSCRIPTION, effectiveDate: DUE, stripeInvoiceId: 'in_chosen' }),
      anExportedEvent(invoiceEvent('invoice.finalized', 'in_chosen', { serviceStart: '2026-05-01T00:00:00Z' })),
      anExportedEvent(invoiceEvent('invoice.paid', 'in_better')),
    );
    expect(await linkOf('a')).toMatchObject({ invoice: 'in_chosen', by: 'IMPORT' });
    expect(await raised('attention.needed')).toMatchObject([{ state: 'IGNORED' }]);
  });

  it('that were taken back are not made again by rule', async () => {
    await importInto(db).records(
      anExportedIntent(1),
      anExportedRenewal('a', { stripeSubscriptionId: SUBSCRIPTION, effectiveDate: DUE, refusedInvoiceIds: ['in_1'] }),
      anExportedEvent(invoiceEvent('invoice.paid', 'in_1')),
    );
    expect(await linkOf('a')).toEqual({ invoice: null, by: null, state: 'SCHEDULED' });
  });
});

describe('what follows from an import', () => {
  const old = () => [
    anExportedIntent(1),
    anExportedRenewal('paid', { stripeSubscriptionId: SUBSCRIPTION, effectiveDate: DUE }),
    anExportedRenewal('overdue', { stripeSubscriptionId: SUBSCRIPTION, effectiveDate: '2024-03-01T00:00:00Z' }),
    anExportedEvent(invoiceEvent('invoice.paid', 'in_1')),
    anExportedEvent(invoiceEvent('invoice.paid', 'in_unmatched', { serviceStart: '2025-08-01T00:00:00Z' })),
  ];

  it('is held back, also what only time would bring about', async () => {
    await importInto(db).records(...old());
    for (const type of ['renewal.paid', 'payment.received', 'renewal.overdue', 'renewal.unmatched']) {
      const events = await raised(type);
      expect([type, events.length]).toEqual([type, type === 'payment.received' ? 2 : 1]);
      for (const event of events)
        expect(event).toMatchObject({ state: 'IGNORED', because: expect.stringMatching(/^Held back/) });
    }
  });

  it('is left to workers and schedules where it is to be announced', async () => {
    const importing = importInto(db, { announce: true });
    await importing.records(...old());
    expect(importing.woken).toHaveLength(2);
    expect(await db.sql("select from event where state = 'PENDING'")).toHaveLength(2);
    expect(await raised('renewal.overdue')).toEqual([]);
  });

  it('is history that names the import', async () => {
    const { by } = await importInto(db).records(...old());
    expect(by).toMatch(/^import:[0-9a-f]{12}$/);
    expect(await db.sql('select distinct by, reason from renewal_change')).toEqual([
      { by, reason: 'imported from records.ndjson' },
    ]);
    expect(await db.sql('select by from checkout_intent_change')).toContainEqual({ by });
  });
});
