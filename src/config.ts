import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigInvalidError } from './errors.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Everything that the process may be told from outside. Read once, in `main.ts` or a command, and passed down. */
export type Config = Readonly<{
  host: string;
  port: number;
  database: Readonly<{ kind: 'embedded'; dataDir: string }> | Readonly<{ kind: 'url'; url: string }>;
  /** Undefined only beside the embedded database: then generated and kept in its directory. */
  webhookSecrets: readonly string[] | undefined;
  /** Undefined only beside the embedded database: then generated and kept in its directory. */
  adminApiKey: string | undefined;
  /** Events of the other mode are acknowledged and IGNORED. */
  livemode: 'live' | 'test' | 'both';
  stripe: Readonly<{ apiKey: string | undefined; apiBase: string | undefined }>;
  ack: 'stored' | 'handled';
  /** Modules that export handler classes: paths or package names. */
  handlers: readonly string[];
  licenseManager: Readonly<{ url: string; token: string | undefined }> | undefined;
  unmatchedGraceMinutes: number;
  overdueGraceHours: number;
  /** Undefined: Stripe's events API is never walked by schedule. */
  syncEveryMinutes: number | undefined;
  /** Undefined: bodies are kept for ever. */
  retentionDays: number | undefined;
  allowPrivateEndpoints: boolean;
  ide: boolean;
  logLevel: LogLevel;
  trustProxy: boolean;
}>;

const wholeNumber = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}.`;
  return z
    .string()
    .regex(/^\d{1,9}$/, { error, abort: true })
    .transform(Number)
    .pipe(z.number().min(least, error).max(most, error));
};
const oneOf = <const T extends readonly [string, ...string[]]>(...words: T) =>
  z.enum(words, { error: `must be one of: ${words.join(', ')}.` });
const flag = () => oneOf('true', 'false').transform((word) => word === 'true');
const list = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
const httpUrl = () =>
  z.url({ protocol: /^https?$/, error: 'must be an http or https URL.' }).transform((url) => url.replace(/\/+$/, ''));
const bearer = () =>
  z.string().regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces: it travels in a header.');

const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a URL like postgres://user:password@host:5432/database.' })
    .optional(),
  DATA_DIR: z.string().default('.data'),
  STRIPE_WEBHOOK_SECRET: list()
    .refine(
      (secrets) => secrets.length > 0,
      'must hold at least one secret; copy it from your endpoint at https://dashboard.stripe.com/webhooks.',
    )
    .optional(),
  ADMIN_API_KEY: bearer().optional(),
  LIVEMODE: oneOf('live', 'test', 'both').optional(),
  STRIPE_API_KEY: bearer().optional(),
  STRIPE_API_BASE: httpUrl().optional(),
  ACK: oneOf('stored', 'handled').default('stored'),
  HANDLERS: list().default([]),
  LICENSE_MANAGER_URL: httpUrl().optional(),
  LICENSE_MANAGER_TOKEN: bearer().optional(),
  UNMATCHED_GRACE_MINUTES: wholeNumber(0, 525_600).default(60),
  OVERDUE_GRACE_HOURS: wholeNumber(0, 8_760).default(6),
  SYNC_EVERY_MINUTES: wholeNumber(1, 43_200).optional(),
  RETENTION_DAYS: wholeNumber(1, 36_500).optional(),
  ALLOW_PRIVATE_ENDPOINTS: flag().default(false),
  IDE: flag().optional(),
  LOG_LEVEL: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent').default('info'),
  TRUST_PROXY: flag().default(false),
});
type Environment = z.infer<typeof Environment>;

/** What a database of one's own needs beside it; the embedded one generates or assumes them. */
const REQUIRED_WITH_DATABASE_URL = {
  STRIPE_WEBHOOK_SECRET: 'copy the signing secret from your endpoint at https://dashboard.stripe.com/webhooks.',
  ADMIN_API_KEY: 'make one, for example with: openssl rand -hex 32',
  LIVEMODE: 'say which events count: live, test or both.',
} as const;

/**
 * Checks the whole environment and answers it as plain frozen data. An empty variable counts as unset.
 * @throws ConfigInvalidError naming every problem at once; no value is ever repeated, it might be a secret.
 */
export function readConfig(env: Variables = process.env): Config {
  const given = givenIn(env);
  const parsed = Environment.safeParse(given);
  const problems = [...problemsOf(parsed.error), ...missingWithDatabaseUrl(given), ...missingForSync(given)];
  if (!parsed.success || problems.length > 0) throw new ConfigInvalidError(problems);
  return frozen(toConfig(parsed.data));
}

/** Only where the database is: what a command needs that runs beside the service. */
export function readDatabaseConfig(env: Variables = process.env): Config['database'] {
  const { DATABASE_URL, DATA_DIR } = givenIn(env);
  const parsed = Environment.pick({ DATABASE_URL: true, DATA_DIR: true }).safeParse({ DATABASE_URL, DATA_DIR });
  if (!parsed.success) throw new ConfigInvalidError(problemsOf(parsed.error));
  return toDatabase(parsed.data);
}

/** Which mode's events count; undefined where a command was not told. */
export function readLivemode(env: Variables = process.env): Config['livemode'] | undefined {
  const parsed = Environment.pick({ LIVEMODE: true }).safeParse({ LIVEMODE: givenIn(env)['LIVEMODE'] });
  if (!parsed.success) throw new ConfigInvalidError(problemsOf(parsed.error));
  return parsed.data.LIVEMODE;
}

/** How Stripe is called, and which mode's events count: what a command needs that carries or checks events. */
export function readStripeConfig(env: Variables = process.env): Pick<Config, 'livemode' | 'stripe'> {
  const given = givenIn(env);
  const { LIVEMODE, STRIPE_API_KEY, STRIPE_API_BASE } = given;
  const fields = { LIVEMODE: true, STRIPE_API_KEY: true, STRIPE_API_BASE: true } as const;
  const parsed = Environment.pick(fields).safeParse({ LIVEMODE, STRIPE_API_KEY, STRIPE_API_BASE });
  const missing = missingWithDatabaseUrl(given).filter((problem) => problem.startsWith('LIVEMODE '));
  if (!parsed.success || missing.length > 0) throw new ConfigInvalidError([...problemsOf(parsed.error), ...missing]);
  const { data } = parsed;
  return {
    livemode: data.LIVEMODE ?? 'both',
    stripe: { apiKey: data.STRIPE_API_KEY, apiBase: data.STRIPE_API_BASE },
  };
}

/** Where the service that runs beside a command answers, and what is configured to call it by. */
export function readServiceAddress(env: Variables = process.env): Readonly<{
  url: string;
  adminApiKey: string | undefined;
  webhookSecret: string | undefined;
  /** Where generated secrets are kept; undefined with DATABASE_URL. */
  dataDir: string | undefined;
}> {
  const { HOST, PORT, ADMIN_API_KEY, STRIPE_WEBHOOK_SECRET } = givenIn(env);
  const fields = { HOST: true, PORT: true, ADMIN_API_KEY: true, STRIPE_WEBHOOK_SECRET: true } as const;
  const parsed = Environment.pick(fields).safeParse({ HOST, PORT, ADMIN_API_KEY, STRIPE_WEBHOOK_SECRET });
  if (!parsed.success) throw new ConfigInvalidError(problemsOf(parsed.error));
  const database = readDatabaseConfig(env);
  const host = ['0.0.0.0', '::'].includes(parsed.data.HOST) ? 'localhost' : parsed.data.HOST;
  return {
    url: `http://${host}:${parsed.data.PORT}`,
    adminApiKey: parsed.data.ADMIN_API_KEY,
    webhookSecret: parsed.data.STRIPE_WEBHOOK_SECRET?.[0],
    dataDir: database.kind === 'embedded' ? database.dataDir : undefined,
  };
}

type Variables = Readonly<Record<string, string | undefined>>;

function givenIn(env: Variables): Variables {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
}

function problemsOf(error: z.ZodError | undefined): string[] {
  return (error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}`);
}

function missingWithDatabaseUrl(given: Readonly<Record<string, unknown>>): string[] {
  if (given['DATABASE_URL'] === undefined) return [];
  return Object.entries(REQUIRED_WITH_DATABASE_URL)
    .filter(([name]) => given[name] === undefined)
    .map(([name, advice]) => `${name} is required with DATABASE_URL: ${advice}`);
}

function missingForSync(given: Readonly<Record<string, unknown>>): string[] {
  if (given['SYNC_EVERY_MINUTES'] === undefined || given['STRIPE_API_KEY'] !== undefined) return [];
  return [
    'STRIPE_API_KEY is required with SYNC_EVERY_MINUTES: use a restricted key that may read events and invoices.',
  ];
}

function toConfig(env: Environment): Config {
  return {
    host: env.HOST,
    port: env.PORT,
    database: toDatabase(env),
    webhookSecrets: env.STRIPE_WEBHOOK_SECRET,
    adminApiKey: env.ADMIN_API_KEY,
    livemode: env.LIVEMODE ?? 'both',
    stripe: { apiKey: env.STRIPE_API_KEY, apiBase: env.STRIPE_API_BASE },
    ack: env.ACK,
    handlers: env.HANDLERS,
    licenseManager:
      env.LICENSE_MANAGER_URL === undefined
        ? undefined
        : { url: env.LICENSE_MANAGER_URL, token: env.LICENSE_MANAGER_TOKEN },
    unmatchedGraceMinutes: env.UNMATCHED_GRACE_MINUTES,
    overdueGraceHours: env.OVERDUE_GRACE_HOURS,
    syncEveryMinutes: env.SYNC_EVERY_MINUTES,
    retentionDays: env.RETENTION_DAYS,
    allowPrivateEndpoints: env.ALLOW_PRIVATE_ENDPOINTS,
    ide: env.IDE ?? env.DATABASE_URL === undefined,
    logLevel: env.LOG_LEVEL,
    trustProxy: env.TRUST_PROXY,
  };
}

function toDatabase(env: Pick<Environment, 'DATABASE_URL' | 'DATA_DIR'>): Config['database'] {
  return env.DATABASE_URL === undefined
    ? { kind: 'embedded', dataDir: resolve(env.DATA_DIR) }
    : { kind: 'url', url: env.DATABASE_URL };
}

function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) frozen(part);
  return Object.freeze(value);
}
