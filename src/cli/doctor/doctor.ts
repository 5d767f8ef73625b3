import type { MikroORM } from '@mikro-orm/postgresql';
import { HandlerMap, patternCovers } from '@renewal-ledger/sdk';
import type { Command } from 'commander';
import Stripe from 'stripe';
import { systemClock } from '../../clock.js';
import { type Config, readDatabaseConfig, readStripeConfig } from '../../config.js';
import { databaseAddress } from '../../database/address.js';
import { awaitDatabase } from '../../database/await-database.js';
import { connectDatabase } from '../../database/orm.js';
import { inTransaction } from '../../database/transaction.js';
import { loadPlugins } from '../../events/plugins.js';
import { createFactHandlers } from '../../handlers/built-in.js';
import { createStripe } from '../../stripe/client.js';
import { type Json, JSON_OPTION } from '../options.js';
import { createOutput } from '../output.js';
import { checkCoverage } from './coverage.js';
import { checkClock, checkDatabase, checkMigrations } from './database.js';
import { checkDead, checkVersions, checkWaiting } from './deliveries.js';
import { checkEndpoints, type Wanted } from './endpoints.js';
import { type Check, type Diagnosis, type Finding, runChecks, unknown, wrong } from './finding.js';
import { checkSecrets, readSettings } from './settings.js';
import { askStripe } from './stripe.js';
import { checkWorkers } from './workers.js';

const EXAMPLES = `
Examples:
  renewal-ledger doctor
  renewal-ledger doctor --endpoint https://billing.example/stripe/events
  renewal-ledger doctor --json

Run it with the environment of the service. Each finding is ok, note, wrong or unknown (it could not be checked), with
what to do about it. Exit code 1 where something is wrong.`;

type Options = Json & Readonly<{ endpoint?: string }>;

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the settings, the database, the workers, Stripe, and what is stuck')
    .option('--endpoint <url>', "the webhook's public address, where it does not end in /webhooks/stripe")
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => run(options));
}

async function run({ json = false, endpoint }: Options): Promise<void> {
  const { config, diagnoses } = readSettings();
  const findings = [
    ...(await runChecks([
      { name: 'settings', run: async () => diagnoses },
      { name: 'secrets', run: () => checkSecrets(config) },
    ])),
    ...(await examine(config, endpoint)),
  ];
  const isWell = findings.every(({ verdict }) => verdict !== 'wrong');
  createOutput({ json }).result(toText(findings), { ok: isWell, findings });
  if (!isWell) process.exitCode = 1;
}

async function examine(config: Config | undefined, endpoint: string | undefined): Promise<Finding[]> {
  const stripe = stripeChecks(config, endpoint);
  let orm: MikroORM;
  let url: string;
  try {
    url = await databaseAddress(readDatabaseConfig());
    await awaitDatabase(url, { withinMs: 0 });
    orm = await connectDatabase(url, { pool: 2 });
  } catch (error) {
    const away = {
      name: 'database',
      run: async () => [wrong((error as Error).message, 'Nothing else can be done before.')],
    };
    return runChecks([away, ...AFTER_DATABASE.map(skipped), ...stripe(undefined)]);
  }
  try {
    const factNames = createFactHandlers()
      .handlers()
      .map(({ name }) => name);
    const database = await runChecks([
      { name: 'database', run: () => checkDatabase(orm) },
      { name: 'migrations', run: () => checkMigrations(orm) },
      { name: 'clock', run: () => checkClock(orm, systemClock) },
    ]);
    const isMigrated = database.every(({ check, verdict }) => check !== 'migrations' || verdict === 'ok');
    if (!isMigrated)
      return [...database, ...(await runChecks([...AFTER_MIGRATIONS.map(skipped), ...stripe(undefined)]))];
    return [
      ...database,
      ...(await runChecks([
        { name: 'workers', run: () => checkWorkers({ orm, url, factNames }) },
        { name: 'dead', run: () => checkDead(orm.em) },
        { name: 'waiting', run: () => checkWaiting(orm.em) },
        { name: 'versions', run: () => checkVersions(orm.em, Stripe.API_VERSION) },
        { name: 'complete', run: () => checkCoverage(orm.em, systemClock) },
        ...stripe(orm),
      ])),
    ];
  } finally {
    await orm.close();
  }
}

const AFTER_MIGRATIONS = ['workers', 'dead', 'waiting', 'versions', 'complete'];
const AFTER_DATABASE = ['migrations', 'clock', ...AFTER_MIGRATIONS];

const skipped = (name: string): Check => ({
  name,
  run: async () => [unknown('This needs a database that answers and is migrated.')],
});

/** Both need one answer of Stripe's. */
function stripeChecks(config: Config | undefined, url: string | undefined): (orm: MikroORM | undefined) => Check[] {
  return (orm) => {
    const asked = (async () => {
      const settings = config ?? readStripeConfig();
      const { apiKey, apiBase } = settings.stripe;
      return askStripe(apiKey === undefined ? undefined : createStripe({ apiKey, apiBase }), settings);
    })();
    asked.catch(() => undefined); // told by the check that awaits it
    return [
      { name: 'stripe', run: async () => (await asked).diagnoses },
      { name: 'endpoint', run: async () => checkEndpoint((await asked).endpoints, { config, url, orm }) },
    ];
  };
}

interface Known {
  readonly config: Config | undefined;
  readonly url: string | undefined;
  readonly orm: MikroORM | undefined;
}

async function checkEndpoint(
  endpoints: Parameters<typeof checkEndpoints>[0],
  { config, url, orm }: Known,
): Promise<Diagnosis[]> {
  const plugins = await loadPlugins(config?.handlers ?? [], process.cwd());
  const registered = [...createFactHandlers().handlers(), ...plugins.handlers()];
  const wanted: Wanted[] = registered.map(({ name, pattern }) => ({ handler: name, pattern }));
  if (orm !== undefined) wanted.push(...(await wantedByEndpoints(orm)));
  return checkEndpoints(endpoints, { url, wanted: wanted.filter(({ pattern }) => isOfStripe(pattern)) });
}

async function wantedByEndpoints(orm: MikroORM): Promise<Wanted[]> {
  const rows = await inTransaction(orm.em, (tx) =>
    tx.query<{ name: string; pattern: string }>(
      'select name, unnest(event_types) as pattern from handler_endpoint where enabled order by name',
    ),
  );
  return rows.map(({ name, pattern }) => ({ handler: `endpoint:${name}`, pattern }));
}

/** True of a type that Stripe has, or a pattern that covers one; handlers also take the ledger's own, and what plugins emit. */
function isOfStripe(pattern: string): boolean {
  const [area = '*'] = pattern.split('.');
  const map = new HandlerMap().on((pattern === '*' ? '*' : `${area}.*`) as '*', async () => undefined, {
    name: 'doctor',
  });
  return map.stripeEventTypes().some((type) => type === '*' || (type !== `${area}.*` && patternCovers(pattern, type)));
}

const VERDICTS = { ok: 'ok', note: 'note', wrong: 'WRONG', unknown: 'unknown' } as const;

function toText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const indent = ' '.repeat('unknown'.length + width + 4);
  const lines = findings.flatMap(({ check, verdict, message, advice }) => [
    `${VERDICTS[verdict].padEnd('unknown'.length)}  ${check.padEnd(width)}  ${message}`,
    ...(advice === null ? [] : [`${indent}-> ${advice}`]),
  ]);
  const wrongs = findings.filter(({ verdict }) => verdict === 'wrong').length;
  const summary =
    wrongs === 0 ? 'Nothing is wrong.' : wrongs === 1 ? 'One thing is wrong.' : `${wrongs} things are wrong.`;
  return [...lines, '', summary].join('\n');
}
