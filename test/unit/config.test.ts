import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { ConfigInvalidError } from '../../src/errors.js';

const SERVER = {
  DATABASE_URL: 'postgres://ledger:hunter2@db.example:5432/ledger',
  STRIPE_WEBHOOK_SECRET: 'whsec_a',
  ADMIN_API_KEY: 'admin-key',
  LIVEMODE: 'live',
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems;
    throw error;
  }
  return [];
}

describe('an empty environment', () => {
  it('means the embedded database and the documented defaults', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 4000,
      database: { kind: 'embedded', dataDir: resolve('.data') },
      webhookSecrets: undefined,
      adminApiKey: undefined,
      livemode: 'both',
      stripe: { apiKey: undefined, apiBase: undefined },
      ack: 'stored',
      handlers: [],
      licenseManager: undefined,
      unmatchedGraceMinutes: 60,
      overdueGraceHours: 6,
      syncEveryMinutes: undefined,
      retentionDays: undefined,
      allowPrivateEndpoints: false,
      ide: true,
      logLevel: 'info',
      trustProxy: false,
    });
  });

  it('is what empty variables and unrelated ones amount to', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: ' ', PATH: '/bin' })).toEqual(readConfig({}));
  });

  it('gives a configuration that cannot be changed, at any depth', () => {
    const config = readConfig({ STRIPE_WEBHOOK_SECRET: 'whsec_a' });
    for (const part of [config, config.database, config.stripe, config.webhookSecrets])
      expect(part).toSatisfy(Object.isFrozen);
  });
});

describe("a database of one's own", () => {
  it('is used as given, without the IDE unless it is asked for', () => {
    const config = readConfig(SERVER);
    expect(config).toMatchObject({ database: { kind: 'url', url: SERVER.DATABASE_URL }, livemode: 'live', ide: false });
    expect(readConfig({ ...SERVER, IDE: 'true' }).ide).toBe(true);
  });

  it.each(['STRIPE_WEBHOOK_SECRET', 'ADMIN_API_KEY', 'LIVEMODE'])('requires %s', (name) => {
    expect(problemsOf({ ...SERVER, [name]: '' })).toEqual([
      expect.stringMatching(`^${name} is required with DATABASE_URL: `),
    ]);
  });
});

describe('what a variable may hold', () => {
  it.each([
    ['PORT', '0', { port: 0 }],
    ['PORT', '65535', { port: 65_535 }],
    ['HOST', '::', { host: '::' }],
    ['DATA_DIR', 'elsewhere', { database: { kind: 'embedded', dataDir: resolve('elsewhere') } }],
    ['STRIPE_WEBHOOK_SECRET', 'whsec_a, whsec_b', { webhookSecrets: ['whsec_a', 'whsec_b'] }],
    ['ADMIN_API_KEY', 'k', { adminApiKey: 'k' }],
    ['LIVEMODE', 'test', { livemode: 'test' }],
    ['STRIPE_API_KEY', 'sk_test_1', { stripe: { apiKey: 'sk_test_1', apiBase: undefined } }],
    ['STRIPE_API_BASE', 'http://127.0.0.1:9/', { stripe: { apiKey: undefined, apiBase: 'http://127.0.0.1:9' } }],
    ['ACK', 'handled', { ack: 'handled' }],
    ['HANDLERS', './a.js,@acme/b', { handlers: ['./a.js', '@acme/b'] }],
    [
      'LICENSE_MANAGER_URL',
      'https://licenses.example/',
      { licenseManager: { url: 'https://licenses.example', token: undefined } },
    ],
    ['UNMATCHED_GRACE_MINUTES', '0', { unmatchedGraceMinutes: 0 }],
    ['OVERDUE_GRACE_HOURS', '12', { overdueGraceHours: 12 }],
    ['RETENTION_DAYS', '90', { retentionDays: 90 }],
    ['ALLOW_PRIVATE_ENDPOINTS', 'true', { allowPrivateEndpoints: true }],
    ['IDE', 'false', { ide: false }],
    ['LOG_LEVEL', 'debug', { logLevel: 'debug' }],
    ['TRUST_PROXY', 'true', { trustProxy: true }],
  ])('%s may be %s', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toMatchObject(expected);
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '4e3'],
    ['PORT', '80.5'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['DATABASE_URL', 'localhost:5432'],
    ['STRIPE_WEBHOOK_SECRET', ','],
    ['ADMIN_API_KEY', 'two words'],
    ['STRIPE_API_KEY', 'sk_é'],
    ['LIVEMODE', 'LIVE'],
    ['ACK', 'processed'],
    ['LOG_LEVEL', 'loud'],
    ['STRIPE_API_BASE', 'ftp://stripe.example'],
    ['LICENSE_MANAGER_URL', 'licenses'],
    ['UNMATCHED_GRACE_MINUTES', 'one'],
    ['OVERDUE_GRACE_HOURS', '-6'],
    ['SYNC_EVERY_MINUTES', '0'],
    ['RETENTION_DAYS', '0'],
    ['ALLOW_PRIVATE_ENDPOINTS', 'yes'],
    ['IDE', '1'],
    ['TRUST_PROXY', '10.0.0.1'],
  ])('%s must not be %s, and one sentence says what it may be', (name, value) => {
    const problems = problemsOf({ [name]: value }).filter((problem) => !problem.includes('required with'));
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} must .+[.]$`))]);
  });
});

it('reports every problem at once and repeats no value', () => {
  const env = {
    DATABASE_URL: 'mysql://u:hunter2@db/x',
    ADMIN_API_KEY: 'hunter3 x',
    PORT: 'hunter4',
    ACK: 'hunter5',
    IDE: 'hunter6',
  };
  const problems = problemsOf(env);
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(
    expect.arrayContaining([
      'DATABASE_URL',
      'ADMIN_API_KEY',
      'PORT',
      'ACK',
      'IDE',
      'STRIPE_WEBHOOK_SECRET',
      'LIVEMODE',
    ]),
  );
  expect(new ConfigInvalidError(problems).message).not.toMatch(/hunter/);
});

it('SYNC_EVERY_MINUTES needs a key to Stripe', () => {
  expect(problemsOf({ SYNC_EVERY_MINUTES: '15' })).toEqual([
    'STRIPE_API_KEY is required with SYNC_EVERY_MINUTES: use a restricted key that may read events and invoices.',
  ]);
  expect(readConfig({ SYNC_EVERY_MINUTES: '15', STRIPE_API_KEY: 'rk_test_1' })).toMatchObject({ syncEveryMinutes: 15 });
});
