import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DUE } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';
import { anOldCustomer, type LinkBackfills, type OldCustomer, openLinkBackfills } from '../support/link-backfills.js';

let ledger: TestLedger;
let backfills: LinkBackfills;
beforeAll(async () => {
  ledger = await openTestLedger();
  backfills = openLinkBackfills(ledger.db);
});
afterAll(() => ledger.close());
beforeEach(() => ledger.empty());

/** Customers who each have a dated renewal and the events of its paid invoice. */
async function customers(count: number): Promise<(OldCustomer & { readonly renewalId: string })[]> {
  const all: (OldCustomer & { renewalId: string })[] = [];
  for (let index = 0; index < count; index += 1) {
    const one = await anOldCustomer(ledger.db);
    const renewalId = await one.renewal({ date: DUE });
    await one.stored({ id: `in_${one.subscription}`, serviceStart: DUE });
    all.push({ ...one, renewalId });
  }
  return all;
}

const invoices = async () => (await ledger.renewals()).map(({ invoiceId }) => invoiceId);

/** Holds a checkout intent as a worker would that settles it just now. */
async function holding({ intentId }: OldCustomer) {
  const client = new Client({ connectionString: ledger.db.url });
  await client.connect();
  await client.query('begin');
  await client.query('select from checkout_intent where id = $1 for no key update', [intentId]);
  return {
    sql: (text: string, parameters: unknown[] = []) => client.query(text, parameters),
    async letGo() {
      await client.query('commit');
      await client.end();
    },
  };
}

const someoneWaits = () =>
  eventually(async () =>
    expect(
      await ledger.db.sql(`select from pg_locks where not granted and locktype in ('transactionid', 'tuple')`),
    ).not.toEqual([]),
  );

describe('a backfill of links and dates', () => {
  it('is done once though two workers are on it', async () => {
    await customers(6);
    const id = await backfills.begin();
    await Promise.all([backfills.work(id), backfills.work(id), backfills.work(id)]);
    expect((await backfills.outcome(id)).counts).toMatchObject({ total: 6, examined: 6, linked: 6, failed: 0 });
    expect(await ledger.db.sql('select from renewal_change')).toHaveLength(6);
  });

  it('passes over a row that cannot be written, says why, and fills all others', async () => {
    const all = await customers(7);
    const broken = all[3]!;
    await ledger.db.sql(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'this row is cursed'; end $$`,
    );
    await ledger.db.sql(
      `create trigger cursed before update on renewal for each row when (old.id = ${broken.renewalId}) execute function refuse()`,
    );
    try {
      const { counts, problems, state } = await backfills.run();
      expect(state).toBe('DONE');
      expect(counts).toMatchObject({ examined: 7, linked: 6, failed: 1 });
      expect(problems).toEqual([{ recordId: broken.renewalId, code: 'FAILED' }]);
      const told = await ledger.db.sql<{ reason: string }>(`select reason from backfill_record where code = 'FAILED'`);
      expect(told[0]?.reason).toContain('this row is cursed');
    } finally {
      await ledger.db.sql('drop function refuse() cascade');
    }
    expect(await backfills.run()).toMatchObject({ counts: { total: 1, linked: 1 } });
  });

  it('lets whoever is there first have a renewal where they meet', async () => {
    const [one, other] = await customers(2);
    const live = await holding(one!);
    const id = await backfills.begin();
    const done = backfills.work(id);
    await someoneWaits();
    await live.sql(`update renewal set stripe_invoice_id = 'in_live', linked_by = 'PERSON' where id = $1`, [
      one!.renewalId,
    ]);
    await live.letGo();
    await done;
    expect(await invoices()).toEqual(['in_live', `in_${other!.subscription}`]);
    const told = (await backfills.outcome(id)).changes.filter(({ changes }) => 'stripeInvoiceId' in changes);
    expect(told.map(({ recordId }) => recordId)).toEqual([other!.renewalId]);
  });

  it('ends after the batch in hand when it is canceled, and what is done stands', async () => {
    const [one] = await customers(2);
    const live = await holding(one!);
    const id = await backfills.begin();
    const done = backfills.work(id);
    await someoneWaits();
    const canceled = backfills.cancel(id);
    await live.letGo();
    await Promise.all([done, canceled]);
    expect((await backfills.outcome(id)).state).not.toBe('RUNNING');
    const linked = (await invoices()).filter((invoice) => invoice !== null).length;
    expect((await backfills.outcome(id)).counts['linked']).toBe(linked);
    await backfills.run();
    expect(await invoices()).not.toContain(null);
  });

  it('tells of each renewal once where intents share a customer, in a dry run as in a real one', async () => {
    const [one, other] = await customers(2);
    await ledger.db.sql('update checkout_intent set given_stripe_customer_id = $1, stripe_customer_id = $1', [
      one!.customer,
    ]);
    await ledger.db.sql('update event set stripe_customer_id = $1', [one!.customer]);
    await ledger.db.sql(
      `update event_body set body = convert_to(replace(convert_from(body, 'UTF8'), $1, $2), 'UTF8')`,
      [other!.customer, one!.customer],
    );
    const dry = await backfills.run({ dryRun: true });
    const real = await backfills.run();
    expect(real.counts).toMatchObject({ total: 2, examined: 2, linked: 2 });
    expect({ ...dry, id: '' }).toEqual({ ...real, id: '' });
  });
});

describe('undoBackfill', () => {
  it('leaves what was changed since, even back to the same', async () => {
    const [one] = await customers(1);
    const { id } = await backfills.run();
    await ledger.unlinkInvoice({ renewalId: one!.renewalId, reason: 'wrong' }, 'a person');
    await ledger.db.sql(`delete from refused_pair`);
    await ledger.linkInvoice({ invoiceId: `in_${one!.subscription}` }, 'a person');
    await ledger.db.sql(`update renewal set linked_by = 'BACKFILL'`);
    await backfills.undo(id, 'tests');
    expect(await invoices()).toEqual([`in_${one!.subscription}`]);
  });

  it('leaves what was released since', async () => {
    const [one, other] = await customers(2);
    const { id } = await backfills.run();
    await ledger.db.sql(
      `update event set state = 'PENDING', ignored_because = null where id like 'renewal.paid:' || $1 || ':%'`,
      [one!.renewalId],
    );
    await backfills.undo(id, 'tests');
    expect(await invoices()).toEqual([`in_${one!.subscription}`, null]);
    const refused = await ledger.db.sql('select renewal_id, stripe_invoice_id from refused_pair');
    expect(refused).toEqual([{ renewal_id: other!.renewalId, stripe_invoice_id: `in_${other!.subscription}` }]);
  });

  it('takes a date back for good', async () => {
    const one = await anOldCustomer(ledger.db);
    await one.renewal();
    await one.stored({ billingReason: 'subscription_create', id: 'in_t', serviceStart: '2026-02-01', serviceEnd: DUE });
    const { id, counts } = await backfills.run();
    expect(counts).toMatchObject({ dated: 1 });
    await backfills.undo(id, 'tests');
    expect(await ledger.renewals()).toMatchObject([{ givenDate: null, effectiveDate: null }]);
    expect(await backfills.run()).toMatchObject({ counts: { dated: 0 }, problems: [{ code: 'REFUSED_DATE' }] });
  });

  it('goes on where it was interrupted, and is at its end only then', async () => {
    await customers(3);
    const { id } = await backfills.run();
    await ledger.db.sql(
      `update backfill set undo_by = 'tests', undo_cursor = (select min(id) from backfill_record where backfill_id = $1) where id = $1`,
      [id],
    );
    await backfills.undo(id, 'another');
    expect((await invoices()).filter((invoice) => invoice === null)).toHaveLength(2);
    const [run] = await ledger.db.sql('select undone_at, undo_cursor from backfill where id = $1', [id]);
    expect(run).toEqual({ undone_at: expect.any(Date), undo_cursor: null });
  });
});
