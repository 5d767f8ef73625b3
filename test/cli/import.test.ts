import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { anInvoice, aStripeEvent, aSubscription } from '@renewal-ledger/sdk/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aFile, command } from '../support/command.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { aDjangoEvent, aDjangoIntent, aDjangoRenewal, type DjangoRecord } from '../support/django-dump.js';

// A process takes a second where a core is free, and much longer where none is.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let db: TestDatabase;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.close());

const run = (...args: string[]) => command(args, { DATABASE_URL: db.url, LIVEMODE: 'both' });
const dumpOf = (...records: readonly DjangoRecord[]) => aFile('dump.json', JSON.stringify(records));

const UUID = 'a3f1d7a4-6f6e-4a5c-9a43-2f5b8a4b9c01';
const SUBSCRIPTION = 'sub_django_1';
const DUE = '2025-11-01T00:00:00Z';
const names = { subscription: SUBSCRIPTION, customer: 'cus_django_1', metadata: { checkout_intent_uuid: UUID } };

const paid = aStripeEvent(
  'invoice.paid',
  anInvoice({ id: 'in_django_1', status: 'paid', ...names, serviceStart: DUE, serviceEnd: '2026-11-01T00:00:00Z' }),
);

async function rows() {
  const [intents, renewals, events] = await Promise.all([
    db.sql(
      'select id, uuid, state, enterprise_slug, given_stripe_customer_id, quantity, created_at from checkout_intent order by id',
    ),
    db.sql(
      'select subscription_plan_renewal_id, state, stripe_invoice_id, linked_by, effective_date, processed_at from renewal order by id',
    ),
    db.sql('select id, state, source from event order by source desc, id'),
  ]);
  return { intents, renewals, events };
}

describe('renewal-ledger import', () => {
  it('takes a dump of Django: ids, states and events, and holds back what follows', async () => {
    const dump = dumpOf(
      { model: 'auth.user', pk: 1, fields: { username: 'ada' } },
      aDjangoIntent(17, { uuid: UUID, stripe_customer_id: 'cus_django_1', state: 'paid' }),
      aDjangoRenewal(1, { checkout_intent: 17, effective_date: DUE }),
      aDjangoEvent(paid),
    );
    const answer = await run('import', dump);
    expect(answer).toMatchObject({
      code: 0,
      stdout: 'Imported 1 checkout intent, 1 renewal and 1 event; 0 were there already.\n',
      stderr: expect.stringContaining('Passed over: 1 of auth.user.'),
    });
    const { intents, renewals, events } = await rows();
    expect(intents).toEqual([
      {
        id: '17',
        uuid: UUID,
        state: 'PAID',
        enterprise_slug: 'acme-17',
        given_stripe_customer_id: 'cus_django_1',
        quantity: 5,
        created_at: new Date('2025-10-01T08:00:00.123Z'),
      },
    ]);
    expect(renewals).toMatchObject([
      { subscription_plan_renewal_id: '701', state: 'PAID', stripe_invoice_id: 'in_django_1', linked_by: 'RULE' },
    ]);
    expect(events).toContainEqual({ id: paid.id, state: 'HANDLED', source: 'STRIPE' });
    const raised = await db.sql<{ id: string; state: string; because: string }>(
      "select id, state, ignored_because as because from event where source = 'LEDGER'",
    );
    expect(raised.length).toBeGreaterThan(1);
    for (const event of raised)
      expect(event).toMatchObject({ state: 'IGNORED', because: expect.stringMatching(/^Held back/) });
  });

  it('writes nothing the second time', async () => {
    const dump = dumpOf(aDjangoIntent(1, { uuid: UUID }), aDjangoRenewal(1), aDjangoEvent(paid));
    expect(await run('import', dump)).toMatchObject({ code: 0 });
    const before = await everything();
    expect(await run('import', dump, '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"imported":{"checkoutIntents":0,"renewals":0,"events":0,'),
    });
    expect(await everything()).toEqual(before);
  });

  it('makes a link that stands, as if a person had made it', async () => {
    await run(
      'import',
      dumpOf(
        aDjangoIntent(1),
        aDjangoRenewal(1, { stripe_invoice_id: 'in_named', processed_at: '2025-11-02T00:00:00Z' }),
      ),
    );
    expect((await rows()).renewals).toMatchObject([
      {
        stripe_invoice_id: 'in_named',
        linked_by: 'IMPORT',
        state: 'PROCESSED',
        processed_at: new Date('2025-11-02T00:00:00Z'),
      },
    ]);
  });

  it('moves the sequence past the ids that it brings', async () => {
    await run('import', dumpOf(aDjangoIntent(90)));
    expect(await db.sql('insert into checkout_intent default values returning id')).toEqual([{ id: '91' }]);
  });

  it('refuses an id that another uuid holds, and writes nothing', async () => {
    await db.sql('insert into checkout_intent default values');
    const answer = await run('import', dumpOf(aDjangoIntent(2), aDjangoIntent(1)));
    expect(answer).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /line 1, record 1 \(customer_billing\.checkoutintent, pk 1\), id: is held by another/,
      ),
    });
    expect((await rows()).intents).toHaveLength(1);
  });

  it('names every problem by line, record and field, before a row is written', async () => {
    const records = [
      aDjangoIntent(1),
      aDjangoIntent(2, { state: 'lost', quantity: 0 }),
      aDjangoRenewal(3, { checkout_intent: 99 }),
      aDjangoRenewal(4, { processed_at: '2025-11-02' }),
      aDjangoEvent({ ...paid, id: 'evt_other' }),
    ];
    const text = JSON.stringify(records, null, 1).replace('"pk": "evt_other"', '"pk": "evt_another"');
    const { code, stderr } = await run('import', aFile('dump.json', text));
    expect(code).toBe(1);
    const lineOf = (needle: string) =>
      text.slice(0, text.lastIndexOf('{\n', text.indexOf(needle)) + 1).split('\n').length;
    expect(stderr).toMatch(/pk 2\), fields\.state: must be one of: created, paid/);
    expect(stderr).toMatch(/pk 2\), fields\.quantity: must be a whole number from 1/);
    expect(stderr).toMatch(/record 2 \(.*pk 3\), checkoutIntentId: names checkout intent 99, which is nowhere/);
    expect(stderr).toContain(
      `line ${lineOf('"pk": 4')}, record 3 (customer_billing.selfservicesubscriptionrenewal, pk 4), fields.processed_at: must be a time`,
    );
    expect(stderr).toMatch(/pk evt_another\), fields\.data\.id: must be the event that pk names/);
    expect((await rows()).intents).toEqual([]);
  });

  it('refuses a file that was cut off', async () => {
    const whole = JSON.stringify([aDjangoIntent(1), aDjangoIntent(2)]);
    expect(await run('import', aFile('dump.json', whole.slice(0, -200)))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cut off'),
    });
    expect((await rows()).intents).toEqual([]);
  });

  it('refuses a gzipped file that was cut off, and one that is not there', async () => {
    const gzipped = gzipSync(JSON.stringify([aDjangoIntent(1)]));
    expect(await run('import', aFile('dump.json.gz', gzipped.subarray(0, -20)))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/dump\.json\.gz cannot be read/),
    });
    expect(await run('import', 'nowhere.json')).toMatchObject({
      code: 1,
      stderr: 'nowhere.json cannot be read (ENOENT).\n',
    });
  });

  it('shows in a dry run what it would write, and writes nothing', async () => {
    const { code, stdout } = await run('import', dumpOf(aDjangoIntent(1), aDjangoRenewal(1)), '--dry-run');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Would import 1 checkout intent, 1 renewal and 0 events; 0 were there already.\n',
    });
    expect(await rows()).toEqual({ intents: [], renewals: [], events: [] });
  });

  it('passes over an event whose payload was scrubbed, and takes one that tells of nothing', async () => {
    const scrubbed = { ...aDjangoEvent(paid), fields: { ...aDjangoEvent(paid).fields, data: {} } };
    const empty = { id: 'evt_empty', type: 'invoice.paid', data: { object: 7 } };
    const { code, stdout } = await run('import', dumpOf(scrubbed, aDjangoEvent(empty)), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ erased: 1, imported: { events: 1, unreadable: 0 } });
    expect((await rows()).events).toEqual([{ id: 'evt_empty', state: 'HANDLED', source: 'STRIPE' }]);
  });

  it('needs to know which mode counts, as the service does', async () => {
    const dump = dumpOf(aDjangoIntent(1));
    expect(await command(['import', dump], { DATABASE_URL: db.url })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/LIVEMODE is required with DATABASE_URL/),
    });
  });

  it('says with --json what is wrong, for programs', async () => {
    const { code, stdout } = await run('import', dumpOf(aDjangoIntent(1, { uuid: 'nobody' })), '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      refused: true,
      total: 1,
      problems: [{ line: 1, index: 0, field: 'fields.uuid' }],
    });
  });
});

describe('renewal-ledger export', () => {
  it('refuses a directory before it has written anything', async () => {
    expect(await run('export', '/')).toMatchObject({ code: 2, stderr: expect.stringContaining('is a directory') });
  });

  it('writes what an import into an empty database exports again, byte for byte', async () => {
    const updated = aStripeEvent(
      'customer.subscription.updated',
      aSubscription({ id: SUBSCRIPTION, customer: 'cus_django_1', metadata: { checkout_intent_uuid: UUID } }),
    );
    await run(
      'import',
      dumpOf(
        aDjangoIntent(17, { uuid: UUID, stripe_customer_id: 'cus_django_1' }),
        aDjangoIntent(18),
        aDjangoRenewal(1, { checkout_intent: 17, effective_date: DUE, stripe_subscription_id: SUBSCRIPTION }),
        aDjangoRenewal(2, { checkout_intent: 18, stripe_invoice_id: 'in_by_hand' }),
        aDjangoEvent(paid),
        aDjangoEvent(updated),
      ),
    );
    const first = aFile('first.ndjson', '');
    expect(await run('export', first)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Exported 2 checkout intents, 2 renewals and 2 events; 0 events/),
    });
    const derived = await facts(db);
    const other = await openTestDatabase();
    const there = { DATABASE_URL: other.url, LIVEMODE: 'both' };
    const gzipped = aFile('moved.ndjson.gz', gzipSync(readFileSync(first)));
    expect(await command(['import', gzipped], there)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Imported 2 checkout intents, 2 renewals and 2 events/),
    });
    expect((await command(['export'], there)).stdout).toBe(readFileSync(first, 'utf8'));
    expect(await facts(other)).toEqual(derived);
    await other.close();
  });
});

async function facts(of: TestDatabase) {
  return Promise.all([
    of.sql('select id, status, period_start, outcome from invoice order by id'),
    of.sql('select id, status, checkout_intent_id from subscription order by id'),
    of.sql(
      'select subscription_plan_renewal_id, state, effective_date, stripe_subscription_id, stripe_invoice_id from renewal order by id',
    ),
  ]);
}

/** Every row that an import writes. */
async function everything() {
  const tables = [
    'checkout_intent',
    'checkout_intent_change',
    'renewal',
    'renewal_change',
    'event',
    'delivery',
    'invoice',
    'subscription',
  ];
  return Promise.all(tables.map((table) => db.sql(`select t.* from ${table} t order by t.*::text`)));
}
