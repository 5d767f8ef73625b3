import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aFile, command } from '../support/command.js';
import { openTestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { anExportedEvent, anExportedIntent, anExportedRenewal } from '../support/importing.js';
import { COMMAND, launch } from '../support/process.js';
import { startService, type TestService } from '../support/service.js';

// A process takes a second where a core is free, and much longer where none is.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const UUID = 'a3f1d7a4-6f6e-4a5c-9a43-2f5b8a4b9c01';
const DUE = '2026-03-01T00:00:00Z';

let service: TestService;
let renewalId: string;
beforeAll(async () => {
  service = await startService();
  await service.graphql(
    `mutation { createCheckoutIntent(input: { uuid: "${UUID}", stripeCustomerId: "cus_cli" }) { id } }`,
  );
  const { json } = await service.graphql(
    `mutation { createRenewal(input: { checkoutIntentId: 1, subscriptionPlanRenewalId: "cli-1", stripeSubscriptionId: "sub_cli", effectiveDate: "${DUE}" }) { id } }`,
  );
  renewalId = json.data.createRenewal.id;
  await service.post(invoice('in_near', DUE));
  await service.post(invoice('in_far', '2026-04-01T00:00:00Z'));
  await service.dispatcher?.idle();
});
afterAll(() => service.stop());

const invoice = (id: string, serviceStart: string) =>
  aStripeEvent(
    'invoice.finalized',
    anInvoice({
      id,
      status: 'open',
      subscription: 'sub_cli',
      customer: 'cus_cli',
      serviceStart,
      serviceEnd: '2027-03-01T00:00:00Z',
    }),
  );

const run = (...args: string[]) => command(args, { DATABASE_URL: service.db.url, LIVEMODE: 'both' });
const linkOf = async () =>
  (
    await service.db.sql<{ invoice: string | null; by: string | null }>(
      'select stripe_invoice_id as invoice, linked_by as by from renewal',
    )
  )[0];

describe('renewal-ledger explain, link and unlink', () => {
  it('explain a verdict with every candidate and its distance', async () => {
    const { code, stdout } = await run('explain', 'in_far');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^in_far: NO_RENEWAL\n {2}ELIGIBLE: /);
    expect(stdout).toMatch(/^RENEWAL +ACCEPTED +DISTANCE +CODE +REASON$/m);
    expect(stdout).toMatch(new RegExp(`^${renewalId} +no +31 d +OUT_OF_TOLERANCE`, 'm'));
    expect(JSON.parse((await run('explain', 'in_near', '--json')).stdout)).toMatchObject({
      outcome: 'LINKED',
      renewalId,
    });
    expect(await run('explain', 'in_nowhere')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('in_nowhere'),
    });
  });

  it('take a link back and make another, signed by the command line', async () => {
    expect(await linkOf()).toEqual({ invoice: 'in_near', by: 'RULE' });
    expect(await run('unlink', renewalId, '--reason', 'wrong plan')).toMatchObject({ code: 0 });
    expect(await linkOf()).toEqual({ invoice: null, by: null });
    expect(await run('link', 'in_far')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^in_far: NO_RENEWAL/),
    });
    expect(await run('link', 'in_far', '--renewal', renewalId)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^in_far: LINKED/),
    });
    expect(await linkOf()).toEqual({ invoice: 'in_far', by: 'PERSON' });
    const history = await service.db.sql('select by, reason from renewal_change order by id desc limit 2');
    expect(history).toEqual([
      { by: 'cli', reason: 'linkInvoice' },
      { by: 'cli', reason: 'wrong plan' },
    ]);
  });
});

describe('renewal-ledger replay', () => {
  it('runs what it finds again, and leaves done deliveries alone unless it is forced', async () => {
    expect(
      JSON.parse((await run('replay', '--type', 'invoice.finalized', '--dry-run', '--json')).stdout).ids,
    ).toHaveLength(2);
    await service.db.sql(
      "update delivery set state = 'DEAD' where event_id in (select id from event where stripe_invoice_id = 'in_far' and source = 'STRIPE')",
    );
    await service.db.sql("update event set state = 'DEAD' where stripe_invoice_id = 'in_far' and source = 'STRIPE'");
    expect(await run('replay', '--state', 'dead')).toMatchObject({ code: 0, stdout: 'Replayed 1, refused 0.\n' });
    await eventually(
      async () => expect(await service.db.sql("select from event where state in ('DEAD', 'PENDING')")).toEqual([]),
      { withinMs: 60_000 },
    );
  });

  it('says which events are refused, and needs to be told which', async () => {
    expect(await run('replay', 'evt_nowhere')).toMatchObject({
      code: 1,
      stdout: 'Replayed 0, refused 1.\n',
      stderr: 'evt_nowhere is refused: There is no event of this id.\n',
    });
    expect(await run('replay')).toMatchObject({ code: 2, stderr: expect.stringContaining('replay --help') });
    expect(await run('replay', '--state', 'LOST')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('HANDLED'),
    });
  });
});

describe('renewal-ledger backfill', () => {
  it('shows its end, and says what goes on when it is interrupted', async () => {
    expect(await run('backfill', 'links', '--dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Dry run \d+ is DONE, and nothing was written: examined/),
    });
    const idle = await openTestDatabase(); // no worker comes to end it
    const watching = launch([...COMMAND, 'backfill', 'links'], { env: { DATABASE_URL: idle.url } });
    await eventually(() => expect(watching.output.stderr).toContain('is started'), { withinMs: 60_000 });
    watching.signal('SIGINT');
    expect(await watching.exit).toBe(130);
    expect(watching.output.stderr).toMatch(/Backfill \d+ goes on in a worker.*cancelBackfill/);
    expect(await idle.sql('select state from backfill')).toEqual([{ state: 'RUNNING' }]);
    await idle.close();
  });
});

describe('an import that is cut off', () => {
  it.each<[NodeJS.Signals, [number | null, string], number]>([
    ['SIGINT', [130, 'run the same import again'], 100_000],
    ['SIGKILL', [null, ''], 200_000],
  ])(
    'by %s leaves whole groups behind, and goes on when it is run again',
    async (signal, [code, sentence], firstId) => {
      const count = 12_000;
      const intents = Array.from({ length: count }, (_, index) => anExportedIntent(firstId + index));
      const file = aFile('many.ndjson', intents.map((intent) => JSON.stringify(intent)).join('\n'));
      const importing = launch([...COMMAND, 'import', file], {
        env: { DATABASE_URL: service.db.url, LIVEMODE: 'both' },
      });
      await eventually(async () => expect(await countIntents(firstId)).toBeGreaterThan(0), { withinMs: 60_000 });
      process.kill(importing.pid, signal);
      expect(await importing.exit).toBe(code);
      expect(importing.output.stderr).toContain(sentence);
      const left = await eventually(async () => {
        const before = await countIntents(firstId);
        expect(before % 200).toBe(0);
        return before;
      });
      expect(left).toBeLessThan(count);
      expect(await run('import', file)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Imported \d+ checkout intents/),
      });
      expect(await countIntents(firstId)).toBe(count);
    },
  );
});

describe('an import that is announced', () => {
  it('has the running workers handle its events, and raise what follows', async () => {
    const { uuid } = anExportedIntent(50_000);
    const names = { subscription: 'sub_news', customer: 'cus_news', metadata: { checkout_intent_uuid: uuid } };
    const paid = aStripeEvent(
      'invoice.paid',
      anInvoice({ id: 'in_news', status: 'paid', ...names, serviceStart: DUE, serviceEnd: '2027-03-01T00:00:00Z' }),
    );
    const records = [
      anExportedIntent(50_000),
      anExportedRenewal('news', { checkoutIntentId: '50000', stripeSubscriptionId: 'sub_news', effectiveDate: DUE }),
      anExportedEvent(paid),
    ];
    const file = aFile('news.ndjson', records.map((record) => JSON.stringify(record)).join('\n'));
    expect(await run('import', file, '--announce')).toMatchObject({ code: 0 });
    const stateOf = () => service.db.sql("select state from renewal where subscription_plan_renewal_id = 'news'");
    await eventually(async () => expect(await stateOf()).toEqual([{ state: 'PAID' }]), { withinMs: 60_000 });
    const heldBack = "select from event where stripe_invoice_id = 'in_news' and ignored_because like 'Held back%'";
    expect(await service.db.sql(heldBack)).toEqual([]);
  });
});

const countIntents = async (firstId: number) =>
  Number(
    (
      await service.db.sql<{ count: string }>(
        'select count(*) as count from checkout_intent where id >= $1 and id < $1 + 50000',
        [firstId],
      )
    )[0]?.count,
  );
