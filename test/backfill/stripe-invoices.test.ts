import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HELD_BACK } from '../../src/ledger/raise.js';
import { DUE } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { introduce, startStripeBackfills, type StripeBackfills } from '../support/stripe-backfills.js';

let all: StripeBackfills;
beforeAll(async () => {
  all = await startStripeBackfills();
});
afterAll(() => all.stop());
beforeEach(() => all.clear());

const SINCE = new Date(Date.now() - 90 * 86_400_000).toISOString();
const sql = <Row>(text: string) => all.service.db.sql<Row>(text);
const listed = (spec: InvoiceSpec = {}) => anInvoice(spec) as { id: string };
const observed = () =>
  sql<{ id: string; state: string }>("select id, state from event where type = 'invoice.observed' order by id");
const raised = () =>
  sql<{ type: string; ignored_because: string | null }>(
    "select type, ignored_because from event where source = 'LEDGER' and type <> 'invoice.observed' order by type",
  );
const invoiceOf = async (id = '') => (await all.service.db.sql('select * from invoice where id = $1', [id]))[0];

const anHourPasses = () =>
  sql(`with told as (update event set occurred_at = occurred_at - interval '1 hour')
       update invoice set as_of = as_of - interval '1 hour'`);

/** A subscription that is known by an event of a finalized invoice, and its renewal. */
async function known() {
  const { renewal, spec } = await introduce(all.service, DUE);
  await all.service.post(aStripeEvent('invoice.finalized', anInvoice({ ...spec, status: 'open' })));
  await eventually(async () => expect(await invoiceOf(spec.id)).toMatchObject({ is_linked: true }));
  all.stripe.invoices.set(spec.subscription!, [listed(spec)]);
  return { renewal, spec };
}

describe('a backfill that reaches back further than Stripe lists events', () => {
  it('reads the invoices of each known subscription, as facts, and announces nothing of old ones, also later', async () => {
    const { renewal, spec } = await known();
    const more = [2, 3].map((number) =>
      listed({ ...spec, id: `in_more_${number}`, serviceStart: `2024-0${number}-01` }),
    );
    all.stripe.invoices.set(spec.subscription!, [listed(spec), ...more]);
    const before = await raised();
    expect(await all.backfill({ since: SINCE })).toMatchObject({ state: 'DONE', examined: 3, stored: 3, failed: 0 });
    expect(await invoiceOf(spec.id)).toMatchObject({ status: 'paid', outcome: 'LINKED' });
    expect(await all.service.db.sql('select state from renewal where id = $1', [renewal])).toEqual([{ state: 'PAID' }]);
    expect((await observed()).map(({ state }) => state)).toEqual(['HANDLED', 'HANDLED', 'HANDLED']);
    const news = (await raised()).filter(({ type }) => !before.some((event) => event.type === type));
    expect(news.map(({ type }) => type)).toContain('renewal.paid');
    expect(news.filter(({ type }) => type === 'renewal.unmatched')).toHaveLength(2);
    for (const { ignored_because: because } of news) expect(because).toBe(HELD_BACK);
  });

  it('stores a state once, and another state of the same invoice anew', async () => {
    const { spec } = await known();
    const { id, subscription = '' } = spec;
    all.stripe.invoices.set(subscription!, [listed({ ...spec, status: 'open' })]);
    expect(await all.backfill({ since: SINCE })).toMatchObject({ stored: 1 });
    all.stripe.invoices.set(subscription!, [
      { ...listed({ ...spec, status: 'open' }), hosted_invoice_url: 'new' } as { id: string },
    ]);
    expect(await all.backfill({ since: SINCE })).toMatchObject({ stored: 0, skipped: 1 });
    all.stripe.invoices.set(subscription!, [listed(spec)]);
    expect(await all.backfill({ since: SINCE })).toMatchObject({ stored: 1 });
    const events = await observed();
    expect(events).toHaveLength(2);
    for (const event of events) expect(event.id).toMatch(new RegExp(`^invoice\\.observed:${id}:[0-9a-f]{32}$`));
  });

  it('stores a state anew to which an invoice has returned, by another reading or by an event', async () => {
    const { spec } = await known();
    const worth = (total: number) => ({ ...spec, status: 'open', total }) as const;
    const read = async (total: number) => {
      all.stripe.invoices.set(spec.subscription!, [listed(worth(total))]);
      const { stored } = await all.backfill({ since: SINCE });
      await anHourPasses();
      return [stored, Number((await invoiceOf(spec.id))?.['total'])];
    };
    const hear = async (total: number) => {
      const created = new Date(Date.now() - 1_800_000).toISOString();
      await all.service.post(aStripeEvent('invoice.updated', anInvoice(worth(total)), { created }));
      await all.service.dispatcher?.idle();
      await anHourPasses();
    };
    expect([await read(100), await read(200), await read(100), await read(100)]).toEqual([
      [1, 100],
      [1, 200],
      [1, 100],
      [0, 100],
    ]);
    await hear(100);
    expect(await read(100)).toEqual([0, 100]);
    await hear(300);
    expect([await read(100), await read(100)]).toEqual([
      [1, 100],
      [0, 100],
    ]);
  });

  it('announces what it is told to announce', async () => {
    await known();
    await all.backfill({ since: SINCE, announce: true });
    await all.service.dispatcher?.idle();
    const events = await raised();
    expect(events.map(({ type }) => type)).toContain('renewal.paid');
    for (const { ignored_because: because } of events) expect(because).not.toBe(HELD_BACK);
  });

  it('announces what happened lately: its own event would find nothing new any more', async () => {
    const { spec } = await known();
    const paidAt = new Date(Date.now() - 86_400_000);
    all.stripe.invoices.set(spec.subscription!, [listed({ ...spec, paidAt })]);
    await all.backfill({ since: SINCE });
    const paid = (await raised()).find(({ type }) => type === 'renewal.paid');
    expect(paid?.ignored_because).not.toBe(HELD_BACK);
  });

  it('leaves a later status alone, whatever it reads', async () => {
    const { spec } = await known();
    await all.service.post(aStripeEvent('invoice.paid', anInvoice(spec)));
    await eventually(async () => expect(await invoiceOf(spec.id)).toMatchObject({ status: 'paid' }));
    all.stripe.invoices.set(spec.subscription!, [listed({ ...spec, status: 'open' })]);
    expect(await all.backfill({ since: SINCE })).toMatchObject({ stored: 1 });
    expect(await invoiceOf(spec.id)).toMatchObject({ status: 'paid' });
  });

  it('fetches the lines that a list leaves out', async () => {
    const { spec } = await known();
    const lines = [{ id: 'il_1', kind: 'item' as const }, { id: 'il_2', kind: 'item' as const }, { id: 'il_3' }];
    const whole = anInvoice({ ...spec, lines });
    all.stripe.lines.set(spec.id!, (whole['lines'] as { data: { id: string }[] }).data);
    all.stripe.invoices.set(spec.subscription!, [listed({ ...spec, lines: lines.slice(0, 1), hasMore: true })]);
    expect(await all.backfill({ since: SINCE })).toMatchObject({ stored: 1 });
    expect(all.stripe.paths.filter((path) => path.endsWith('/lines'))).toHaveLength(2);
    expect(await invoiceOf(spec.id)).toMatchObject({ are_lines_truncated: false, lines_verdict: 'ELIGIBLE' });
  });

  it('goes on where Stripe does not know a subscription, and says so', async () => {
    const { spec } = await known();
    all.stripe.invoices.delete(spec.subscription!);
    const { spec: other } = await known();
    const run = await all.backfill({ since: SINCE });
    expect(run).toMatchObject({ state: 'DONE', stored: 1, skipped: 1 });
    expect(run.problems.nodes).toEqual([{ recordId: spec.subscription, code: 'NO_SUCH_SUBSCRIPTION' }]);
    expect(await invoiceOf(other.id)).toMatchObject({ status: 'paid' });
  });

  it('writes nothing in a dry run', async () => {
    await known();
    expect(await all.backfill({ since: SINCE, dryRun: true })).toMatchObject({ state: 'DONE', stored: 1 });
    expect(await observed()).toEqual([]);
  });
});

it('a backfill of times that Stripe still lists reads no invoices', async () => {
  await known();
  await all.backfill({ since: new Date(Date.now() - 86_400_000).toISOString() });
  expect(all.stripe.paths).not.toContain('/v1/invoices');
});
