// npm run soak -- --minutes 5 --seed 42: the service under load, while its processes are killed every few seconds and its database is
// restarted twice. Ends with a table of what was to happen and what did; 1 where they differ.
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { toTable } from '../src/cli/output.js';
import { createDice, type Dice } from '../src/cli/simulate/dice.js';
import { startLicenseManager, type LicenseManagerStandIn } from '../test/support/license-manager.js';
import { openSoakDatabase, type SoakDatabase } from './soak/database.js';
import { Fleet } from './soak/fleet.js';
import { type Load, runLoad } from './soak/load.js';
import { type Line, tally } from './soak/tally.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    'per-second': { type: 'string', default: '60' },
  },
});
const options = { minutes: Number(values.minutes), seed: Number(values.seed), perSecond: Number(values['per-second']) };
const SECRETS = { apiKey: 'soak-admin-key', webhookSecret: 'whsec_of_the_soak' };
/** For what is left over when the load ends: a delivery whose worker died comes back within two minutes. */
const PATIENCE_MS = 240_000;

interface Parts {
  readonly database: SoakDatabase;
  readonly manager: LicenseManagerStandIn;
  readonly fleet: Fleet;
}

const started = performance.now();
const say = (sentence: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${sentence}`);

async function soak({ database, manager, fleet }: Parts): Promise<Line[]> {
  const load: Load = { customers: [], acknowledged: new Set(), repeated: 0, lastRefusal: '' };
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const over = AbortSignal.any([AbortSignal.timeout(options.minutes * 60_000), interrupted.signal]);
  const address = () => ({ url: fleet.url, ...SECRETS });
  const chaos = [killing({ manager, fleet }, over), restarting(database, over), telling(load, over)];
  await runLoad({ ...options, address, over }, load);
  await Promise.all(chaos);
  say(
    `The load has ended: ${load.customers.length} lives, ${load.repeated} requests made again. Waiting for what is left`,
  );
  await fleet.ready();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await untilFinished(client);
  const lines = await tally({ client, manager, load, endedByThemselves: fleet.endedByThemselves });
  await client.end();
  return lines;
}

/** Every two to six seconds; the license manager misbehaves too. */
async function killing({ manager, fleet }: Omit<Parts, 'database'>, over: AbortSignal): Promise<void> {
  const dice = createDice(options.seed);
  while (!over.aborted) {
    await pause(2000 + dice.upTo(4000), undefined, { signal: over }).catch(() => undefined);
    manager.behave(...mischief(dice));
    if (!over.aborted) fleet.killOne(dice);
  }
}

const mischief = (dice: Dice): Parameters<LicenseManagerStandIn['behave']> =>
  dice.shuffled([{ kind: 'fail', status: 503 }, { kind: 'lose-answer' }, { kind: 'late', ms: 400 }, { kind: 'ok' }]);

/** Once as an administrator does it, and once as a crash. */
async function restarting(database: SoakDatabase, over: AbortSignal): Promise<void> {
  for (const how of ['fast', 'immediate'] as const) {
    await pause((options.minutes * 60_000) / 3, undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return;
    say(`The database is restarted (${how})`);
    await database.restart(how);
  }
}

async function telling(load: Load, over: AbortSignal): Promise<void> {
  for (let last = 0; !over.aborted; last = load.acknowledged.size) {
    await pause(15_000, undefined, { signal: over }).catch(() => undefined);
    const isHeldUp = load.acknowledged.size === last;
    say(`${load.acknowledged.size} events acknowledged${isHeldUp ? `; held up by: ${load.lastRefusal}` : ''}`);
  }
}

async function untilFinished(client: Client): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { rows } = await client.query<{ state: string; count: string }>(
      `select state, count(*) from event where state in ('PENDING', 'RETRYING', 'WAITING') group by state order by state`,
    );
    if (rows.length === 0) return;
    const left = rows.map(({ state, count }) => `${count} ${state}`).join(', ');
    if (performance.now() > deadline) return say(`Given up waiting: ${left}`);
    await pause(1000);
  }
}

function report(lines: readonly Line[], fleet: Fleet): number {
  const differences = lines.reduce((sum, line) => sum + line.differences, 0);
  const rows = lines.map(({ what, ...numbers }) => ({
    what,
    expected: String(numbers.expected),
    found: String(numbers.found),
    differences: String(numbers.differences),
  }));
  console.log(`\n${toTable(rows)}\n`);
  console.log(
    `${fleet.killed} processes killed, ${fleet.endedAsTheyStarted} ended as they started; seed ${options.seed}`,
  );
  console.log(differences === 0 ? 'No differences.' : `${differences} differences.`);
  return differences;
}

const database = await openSoakDatabase();
const manager = await startLicenseManager();
try {
  say(`Seed ${options.seed}, ${options.minutes} minutes, ${options.perSecond} events/s`);
  const fleet = new Fleet({
    DATABASE_URL: database.url,
    STRIPE_WEBHOOK_SECRET: SECRETS.webhookSecret,
    ADMIN_API_KEY: SECRETS.apiKey,
    LICENSE_MANAGER_URL: manager.url,
    HANDLERS: './test/support/receipts.ts',
  });
  try {
    await fleet.start();
    await database.prepare();
    const differences = report(await soak({ database, manager, fleet }), fleet);
    process.exitCode = differences === 0 ? 0 : 1;
  } finally {
    await fleet.stop();
  }
} finally {
  await manager.stop();
  await database.close();
}
