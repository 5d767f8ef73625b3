import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { command } from '../support/command.js';
import { openTestDatabase } from '../support/database.js';
import { insertRow } from '../support/rows.js';
import { startService, type TestService } from '../support/service.js';
import { startStripeWebhookEndpoints, type StripeWebhookEndpoints } from '../support/stripe-webhook-endpoints.js';

// A process takes a second where a core is free, and much longer where none is.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const KEY = 'sk_test_of_the_tests_0123456789';
const EVERYTHING = [{ url: 'https://billing.example/webhooks/stripe', enabled_events: ['*'] }];

let service: TestService;
let stripe: StripeWebhookEndpoints;
beforeAll(async () => {
  stripe = await startStripeWebhookEndpoints(KEY);
  service = await startService();
});
afterAll(async () => {
  await service.stop();
  await stripe.stop();
});
beforeEach(() => Object.assign(stripe, { endpoints: EVERYTHING, status: 200 }));
afterEach(async () => void (await service.db.sql('delete from event')));

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly message: string;
  readonly advice: string | null;
}

const settings = () => ({
  DATABASE_URL: service.db.url,
  STRIPE_WEBHOOK_SECRET: 'whsec_0123456789abcdef0123',
  ADMIN_API_KEY: 'a'.repeat(64),
  LIVEMODE: 'test',
  STRIPE_API_KEY: KEY,
  STRIPE_API_BASE: stripe.url,
});

async function doctor(changes: Readonly<Record<string, string>> = {}, ...args: string[]) {
  const { code, stdout, stderr } = await command(['doctor', '--json', ...args], { ...settings(), ...changes });
  expect(stderr).toBe('');
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  return { code, ok, findings, of: (check: string) => findings.filter((finding) => finding.check === check) };
}

const wrongs = (findings: readonly Finding[]) => findings.filter(({ verdict }) => verdict === 'wrong');

describe('renewal-ledger doctor', () => {
  it('finds nothing wrong with a service that is well', async () => {
    const { code, ok, findings } = await doctor();
    expect(wrongs(findings)).toEqual([]);
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'settings',
        'secrets',
        'database',
        'migrations',
        'clock',
        'workers',
        'dead',
        'waiting',
        'versions',
        'complete',
        'stripe',
        'endpoint',
      ]),
    );
  });

  it('tells a person what to do, and never repeats a secret', async () => {
    const secret = 'hunter2-pasted-by-mistake';
    const { code, stdout } = await command(['doctor'], {
      ...settings(),
      STRIPE_WEBHOOK_SECRET: secret,
      STRIPE_API_KEY: 'pk_live_0123456789',
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^WRONG {4}secrets {5}STRIPE_WEBHOOK_SECRET is no signing secret/m);
    expect(stdout).toMatch(/-> Copy it again: https:\/\/dashboard\.stripe\.com\/webhooks/);
    expect(stdout).toMatch(/STRIPE_API_KEY is a publishable key/);
    expect(stdout).not.toMatch(/hunter2|pk_live_0/);
  });

  it('names the settings that are missing', async () => {
    const { code, of } = await doctor({ LIVEMODE: '' });
    expect(code).toBe(1);
    expect(of('settings')).toMatchObject([
      { verdict: 'wrong', message: expect.stringMatching(/^LIVEMODE is required/) },
    ]);
  });

  it('says that no worker runs where none does, and what misses a migration', async () => {
    const idle = await openTestDatabase();
    const { code, of } = await doctor({ DATABASE_URL: idle.url });
    expect(code).toBe(1);
    expect(of('workers')).toMatchObject([{ verdict: 'wrong', advice: expect.stringContaining('npm start') }]);
    await idle.close();
    const empty = await openTestDatabase({ empty: true });
    const unmigrated = await doctor({ DATABASE_URL: empty.url });
    expect(unmigrated.of('migrations')).toMatchObject([{ verdict: 'wrong', advice: 'Run: renewal-ledger migrate' }]);
    expect(unmigrated.of('dead')).toMatchObject([{ verdict: 'unknown' }]);
    await empty.close();
  });

  it('says what could not be checked where the database is away', async () => {
    const { code, of } = await doctor({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
    expect(code).toBe(1);
    expect(of('database')).toMatchObject([{ verdict: 'wrong', message: expect.stringContaining('DATABASE_URL') }]);
    expect(of('workers')).toMatchObject([{ verdict: 'unknown' }]);
    expect(of('stripe')).toContainEqual(expect.objectContaining({ verdict: 'ok' }));
  });

  it('finds DEAD deliveries, and those that have waited for long', async () => {
    for (const [id, delivery] of [
      [
        'evt_dead',
        { handler: 'Plugin.onPaid', state: 'DEAD', last_error: 'The mail server is away.', finished_at: new Date() },
      ],
      [
        'evt_waits',
        {
          handler: 'InvoiceHandlers.record',
          state: 'WAITING',
          waiting_for: 'link:in_9',
          waiting_since: new Date(Date.now() - 2 * 86_400_000),
          next_try_at: new Date('2999-01-01'),
        },
      ],
    ] as const) {
      await insertRow(service.db, 'event', { id });
      await insertRow(service.db, 'delivery', { event_id: id, ...delivery });
    }
    const { code, of } = await doctor();
    expect(code).toBe(1);
    expect(of('dead')).toMatchObject([
      {
        message: expect.stringContaining('The mail server is away.'),
        advice: expect.stringContaining('renewal-ledger replay --delivery-state DEAD --handler Plugin.onPaid'),
      },
    ]);
    expect(of('waiting')).toMatchObject([
      { verdict: 'wrong', advice: expect.stringContaining('renewal-ledger explain in_9') },
    ]);
  });

  it('finds that events come in two API versions', async () => {
    await insertRow(service.db, 'event', { api_version: '2024-06-20' });
    await insertRow(service.db, 'event', { api_version: '2025-03-31.basil' });
    const { of } = await doctor();
    expect(of('versions')).toMatchObject([
      {
        verdict: 'note',
        message: expect.stringMatching(/2024-06-20.*2025-03-31\.basil|2025-03-31\.basil.*2024-06-20/),
      },
    ]);
  });

  it('finds a time of which events may be missing', async () => {
    expect((await doctor()).of('complete')).toMatchObject([{ verdict: 'unknown' }]);
    await service.db.sql(
      `insert into event_span (patterns, wanted_from, covered_from, covered_until)
       values ('{invoice.*}', now() - interval '9 days', now() - interval '5 days', now())`,
    );
    expect((await doctor()).of('complete')).toMatchObject([
      { verdict: 'wrong', advice: expect.stringMatching(/^Run: renewal-ledger backfill events --since \d{4}-/) },
    ]);
    await service.db.sql('delete from event_span');
  });

  it('compares what the endpoint is sent with what handlers take', async () => {
    stripe.endpoints = [
      {
        url: 'https://billing.example/webhooks/stripe',
        enabled_events: ['invoice.paid', 'customer.subscription.updated', 'charge.refunded'],
      },
      { url: 'https://other.example/hook', enabled_events: ['*'] },
    ];
    const { of } = await doctor();
    expect(of('endpoint')).toMatchObject([
      {
        verdict: 'wrong',
        message: expect.stringMatching(/not sent customer\.subscription\.created, .*invoice\.voided/),
      },
      { verdict: 'note', message: expect.stringContaining('Nobody handles charge.refunded') },
    ]);
    expect((await doctor({}, '--endpoint', 'https://other.example/hook')).of('endpoint')).toMatchObject([
      { verdict: 'ok' },
    ]);
    stripe.endpoints = [];
    expect((await doctor()).of('endpoint')).toMatchObject([
      { verdict: 'wrong', message: expect.stringContaining('None of') },
    ]);
  });

  it.each([
    ['a key that Stripe does not take', { STRIPE_API_KEY: 'sk_test_of_somebody_else' }, /does not take the key \(401/],
    ['a key of the other mode', { LIVEMODE: 'live' }, /of test mode, and LIVEMODE is live/],
    ['a Stripe that is not there', { STRIPE_API_BASE: 'http://127.0.0.1:1' }, /cannot be asked \(no answer/],
  ])('finds %s', async (_what, changes, message) => {
    const { code, of } = await doctor(changes);
    expect(code).toBe(1);
    expect(wrongs(of('stripe'))).toMatchObject([{ message: expect.stringMatching(message) }]);
  });

  it('says what a restricted key keeps it from checking', async () => {
    stripe.status = 403;
    const { of } = await doctor();
    expect(of('stripe')[0]).toMatchObject({ verdict: 'unknown', message: expect.stringContaining('may not read') });
    expect(of('endpoint')).toMatchObject([{ verdict: 'unknown' }]);
  });

  it('does without Stripe where no key is set', async () => {
    const { of } = await doctor({ STRIPE_API_KEY: '' });
    expect(of('stripe')).toMatchObject([{ verdict: 'unknown', message: expect.stringContaining('STRIPE_API_KEY') }]);
  });
});
