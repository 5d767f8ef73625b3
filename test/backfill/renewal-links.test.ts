import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CUSTOMER, DUE, INTENT_UUID, SUBSCRIPTION } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => void (service = await startService()));
afterAll(() => service.stop());
beforeEach(async () => {
  await service.dispatcher?.idle();
  await service.db.sql('truncate checkout_intent, subscription, invoice, event, event_body, backfill cascade');
});

const FIELDS = `id state total examined linked dated skipped ambiguous failed lastError undoneAt
  changes { nodes { recordId changes reason } } problems { nodes { recordId code } }`;

async function ask(operation: string, variables: object = {}) {
  const { json } = await service.graphql(operation, { ...variables });
  expect(json.errors).toBeUndefined();
  return json.data;
}

/** Starts a backfill and answers it as it is at its end. */
async function backfill(input: object = {}) {
  const { startBackfill } = await ask('mutation ($input: BackfillInput!) { startBackfill(input: $input) { id } }', {
    input,
  });
  return eventually(async () => {
    const { backfill: run } = await ask(`query ($id: ID!) { backfill(id: $id) { ${FIELDS} } }`, startBackfill);
    expect(run.state).not.toBe('RUNNING');
    return run;
  });
}

const undo = async (id: string) =>
  (await ask(`mutation ($id: ID!) { undoBackfill(id: $id) { ${FIELDS} } }`, { id })).undoBackfill;

async function intent(): Promise<string> {
  const [row] = await service.db.sql<{ id: string }>(
    'insert into checkout_intent (uuid, stripe_customer_id) values ($1, $2) returning id',
    [INTENT_UUID, CUSTOMER],
  );
  return row?.id ?? '';
}

/** A row as an older system left it: no rule has seen it. */
async function renewal(intentId: string, columns: { date?: string; invoice?: string; subscription?: string } = {}) {
  const { date = null, invoice = null, subscription = SUBSCRIPTION } = columns;
  const [row] = await service.db.sql<{ id: string }>(
    `insert into renewal (checkout_intent_id, subscription_plan_renewal_id, given_stripe_subscription_id, given_date, effective_date, stripe_invoice_id, linked_by)
     values ($1, gen_random_uuid(), $2, $3::timestamptz, $3::timestamptz, $4, case when $4::text is null then null else 'IMPORT' end) returning id`,
    [intentId, subscription, date, invoice],
  );
  return row?.id ?? '';
}

/** An event that is stored and done with, and whose facts are missing. */
async function stored(spec: InvoiceSpec = {}, body?: string) {
  const event = aStripeEvent('invoice.paid', anInvoice({ metadata: { checkout_intent_uuid: INTENT_UUID }, ...spec }));
  const bytes = Buffer.from(body ?? JSON.stringify(event));
  await service.db.sql(
    `with e as (insert into event (id, type, source, state, occurred_at, stripe_customer_id, stripe_subscription_id, stripe_invoice_id, body_hash)
       values ($1, 'invoice.paid', 'STRIPE', 'HANDLED', now(), $2, $3, $4, '') returning id, received_at)
     insert into event_body (event_id, received_at, body) select id, received_at, $5 from e`,
    [event.id, CUSTOMER, SUBSCRIPTION, spec.id, bytes],
  );
  return event.id;
}

const rows = () =>
  service.db.sql<{ id: string; invoice: string | null; date: Date | null; by: string | null }>(
    'select id, stripe_invoice_id as invoice, effective_date as date, linked_by as by from renewal order by id',
  );

describe('a backfill of renewals', () => {
  it('links a dated renewal to the invoice of stored events whose facts are missing, and holds its news back', async () => {
    const id = await renewal(await intent(), { date: DUE });
    await stored({ id: 'in_1', billingReason: 'subscription_cycle', serviceStart: DUE });
    const run = await backfill();
    expect(run).toMatchObject({ state: 'DONE', total: 1, examined: 1, linked: 1, failed: 0, problems: { nodes: [] } });
    expect(run.changes.nodes).toMatchObject([{ recordId: id, changes: { stripeInvoiceId: [null, 'in_1'] } }]);
    expect(await rows()).toMatchObject([{ invoice: 'in_1', by: 'BACKFILL' }]);
    const history = await service.db.sql('select distinct by from renewal_change');
    expect(history).toEqual([{ by: `backfill:${run.id}` }]);
    const raised = await service.db.sql("select distinct state from event where source = 'LEDGER'");
    expect(raised).toEqual([{ state: 'IGNORED' }]);
  });

  it('dates a renewal by its own invoice', async () => {
    const intentId = await intent();
    const linked = await renewal(intentId, { invoice: 'in_9' });
    await stored({
      id: 'in_9',
      billingReason: 'subscription_cycle',
      serviceStart: '2025-03-01',
      serviceEnd: '2026-02-01',
    });
    expect(await backfill()).toMatchObject({ state: 'DONE', dated: 1 });
    expect(await rows()).toMatchObject([{ id: linked, date: new Date('2025-03-01'), invoice: 'in_9', by: 'IMPORT' }]);
  });

  it('dates a first renewal by the end of the trial', async () => {
    await renewal(await intent());
    await stored({ id: 'in_0', billingReason: 'subscription_create', serviceStart: '2026-02-01', serviceEnd: DUE });
    const run = await backfill();
    expect(run).toMatchObject({ state: 'DONE', dated: 1, linked: 0, skipped: 1 });
    expect(await rows()).toMatchObject([{ date: new Date(DUE), invoice: null }]);
  });

  it('guesses nothing where several would fit', async () => {
    const intentId = await intent();
    const ids = [await renewal(intentId), await renewal(intentId)];
    await stored({ id: 'in_0', billingReason: 'subscription_create', serviceStart: '2026-02-01', serviceEnd: DUE });
    const run = await backfill();
    expect(run).toMatchObject({ state: 'DONE', dated: 0, linked: 0, ambiguous: 2 });
    expect(run.problems.nodes.map(({ recordId }: { recordId: string }) => recordId).sort()).toEqual(ids.sort());
    expect(await rows()).toMatchObject([{ date: null }, { date: null }]);
  });

  it('tells of an event that cannot be read, and goes on', async () => {
    await renewal(await intent(), { date: DUE });
    const bad = await stored({ id: 'in_bad' }, 'no json');
    await stored({ id: 'in_1', billingReason: 'subscription_cycle', serviceStart: DUE });
    const run = await backfill();
    expect(run).toMatchObject({
      state: 'DONE',
      linked: 1,
      failed: 1,
      problems: { nodes: [{ recordId: bad, code: 'UNREADABLE' }] },
    });
  });

  it('shows in a dry run what it would change, and changes nothing', async () => {
    await renewal(await intent(), { date: DUE });
    await stored({ id: 'in_1', billingReason: 'subscription_cycle', serviceStart: DUE });
    const dry = await backfill({ dryRun: true });
    expect(dry).toMatchObject({ state: 'DONE', linked: 1 });
    expect(await rows()).toMatchObject([{ invoice: null, by: null }]);
    expect(await service.db.sql('select from invoice')).toEqual([]);
    expect(await service.db.sql("select from event where source = 'LEDGER'")).toEqual([]);
    expect((await backfill()).changes.nodes).toEqual(dry.changes.nodes);
  });

  it('finds nothing to do a second time', async () => {
    await renewal(await intent(), { date: DUE });
    await stored({ id: 'in_1', billingReason: 'subscription_cycle', serviceStart: DUE });
    await backfill();
    const before = await service.db.sql('select * from renewal');
    expect(await backfill()).toMatchObject({ total: 0, examined: 0, changes: { nodes: [] } });
    expect(await service.db.sql('select * from renewal')).toEqual(before);
  });

  it('goes on by the schedule where a worker left it', async () => {
    const left = await backfill();
    await renewal(await intent(), { date: DUE });
    await stored({ id: 'in_1', billingReason: 'subscription_cycle', serviceStart: DUE });
    await service.db.sql(`update backfill set state = 'RUNNING', progressed_at = now() - interval '2 minutes'`);
    const again = await ask('mutation { startBackfill(input: {}) { id } }');
    expect(again.startBackfill.id).toBe(left.id);
    await service.jobs.boss.send('schedule.backfills', {});
    await eventually(
      async () =>
        expect(await service.db.sql('select state, linked from backfill')).toEqual([{ state: 'DONE', linked: 1 }]),
      { withinMs: 30_000 },
    );
  });
});

describe('undoBackfill', () => {
  it('takes links back for good', async () => {
    await renewal(await intent(), { date: DUE });
    await stored({ id: 'in_1', billingReason: 'subscription_cycle', serviceStart: DUE });
    const { id } = await backfill();
    expect((await undo(id)).undoneAt).not.toBeNull();
    expect(await rows()).toMatchObject([{ invoice: null, by: null, date: new Date(DUE) }]);
    expect(await backfill()).toMatchObject({ linked: 0, problems: { nodes: [{ code: 'REFUSED_PAIR' }] } });
  });

  it('takes a date back, and leaves one on which a link was built', async () => {
    await renewal(await intent());
    await stored({ id: 'in_0', billingReason: 'subscription_create', serviceStart: '2026-02-01', serviceEnd: DUE });
    const { id } = await backfill();
    await service.db.sql("update renewal set stripe_invoice_id = 'in_later', linked_by = 'PERSON'");
    await undo(id);
    expect(await rows()).toMatchObject([{ date: new Date(DUE), invoice: 'in_later' }]);
    await service.db.sql('update renewal set stripe_invoice_id = null, linked_by = null');
    await undo(id);
    expect(await rows()).toMatchObject([{ date: null }]);
  });

  it('goes on in a worker where the caller could not wait for its end', async () => {
    await renewal(await intent(), { date: DUE });
    await stored({ id: 'in_1', billingReason: 'subscription_cycle', serviceStart: DUE });
    const { id } = await backfill();
    await service.db.sql(`update backfill set undo_by = 'ops', undo_cursor = 0`);
    await service.db.sql(
      `insert into pgboss.job (name, data) values ('backfill', jsonb_build_object('id', $1::text))`,
      [id],
    );
    await eventually(async () => {
      const { backfill: run } = await ask('query ($id: ID!) { backfill(id: $id) { undoneAt } }', { id });
      expect(run.undoneAt).not.toBeNull();
    });
    expect(await rows()).toMatchObject([{ invoice: null }]);
  });

  it('leaves a link whose news is out', async () => {
    await renewal(await intent(), { date: DUE });
    await stored({ id: 'in_1', billingReason: 'subscription_cycle', serviceStart: DUE });
    const { id } = await backfill({ announce: true });
    await undo(id);
    expect(await rows()).toMatchObject([{ invoice: 'in_1' }]);
  });
});
