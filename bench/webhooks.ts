import { Client } from 'pg';
import { type Contestant, type ContestantProgram, ledger, rival } from './contestants/contestant.js';
import type { BenchServer } from './database.js';
import { eventText } from './events.js';
import { type LoadSample, postAll } from './load/closed-loop.js';
import { range, signedPosts } from './load/posts.js';
import type { Options } from './options.js';
import { untilHandled } from './until.js';

/** One contestant's turn at one number of connections. */
export interface Turn extends LoadSample {
  readonly contestant: string;
  readonly connections: number;
  readonly contestantCpuSeconds: number;
  readonly postgresCpuSeconds: number;
}

export const PROGRAMS: readonly ContestantProgram[] = [
  ledger('web'),
  ledger('all'),
  rival('@golevelup/nestjs-stripe', 'nestjs-stripe.ts', { path: '/stripe/webhook', table: 'stripe_event' }),
  rival('@supabase/stripe-sync-engine', 'stripe-sync-engine.ts', { path: '/webhooks', table: 'stripe.invoices' }),
];

/** More than any contestant takes in a second; a turn that uses up its posts ends early. */
const MOST_PER_SECOND = 9_000;
const WARM_UP = { connections: 20, seconds: 3 };

interface Player {
  readonly program: ContestantProgram;
  readonly contestant: Contestant;
  readonly sql: Client;
  acknowledged: number;
  /** The next event has this number: no two posts of the bench are of one event. */
  next: number;
}

/**
 * Signed `invoice.paid` events against every contestant, at every number of connections, in turns: what else the machine does meets them
 * all. Throws unless every post was acknowledged and every acknowledged event is stored.
 */
export async function measureWebhooks(
  server: BenchServer,
  options: Options,
  onTurn: (turn: Turn) => void,
): Promise<Turn[]> {
  const players: Player[] = [];
  const turns: Turn[] = [];
  try {
    for (const [index, program] of PROGRAMS.entries()) players.push(await join(server, program, `webhooks_${index}`));
    for (const player of players) await play(server, player, WARM_UP);
    for (let round = 0; round < options.rounds; round += 1) {
      for (const connections of options.connections) {
        for (const player of inTurn(players, round)) {
          const turn = await play(server, player, { connections, seconds: options.seconds });
          turns.push(turn);
          onTurn(turn);
        }
      }
    }
    for (const player of players) await assertStored(player);
  } finally {
    await Promise.all(players.map(leave));
  }
  return turns;
}

/** Each round begins with another one, so that nobody always follows the same neighbour. */
const inTurn = <T>(players: readonly T[], round: number): T[] =>
  players.map((_, index) => players[(index + round) % players.length]!);

async function join(server: BenchServer, program: ContestantProgram, database: string): Promise<Player> {
  const url = await server.createDatabase(database);
  const contestant = await program.start(url);
  const sql = new Client({ connectionString: url });
  sql.on('error', () => undefined);
  await sql.connect();
  return { program, contestant, sql, acknowledged: 0, next: 0 };
}

async function leave({ contestant, sql }: Player): Promise<void> {
  await contestant.stop();
  await sql.end();
}

async function play(
  server: BenchServer,
  player: Player,
  load: { connections: number; seconds: number },
): Promise<Turn> {
  const { program, contestant } = player;
  const most = Math.ceil(load.seconds * (load.connections === 1 ? MOST_PER_SECOND / 3 : MOST_PER_SECOND));
  const posts = signedPosts(eventText('invoice.paid'), program.path, range(player.next, most));
  await server.checkpoint();
  const before = [await contestant.cpuSeconds(), await server.cpuSeconds()] as const;
  const sample = await postAll({ url: contestant.url, posts, ...load });
  player.next += sample.acknowledged;
  player.acknowledged += sample.acknowledged;
  if (sample.refusals.length > 0)
    throw new Error(`${program.name} refused posts, by status: ${sample.refusals.join(', ')}.`);
  // What it has put off is its own: it is waited for, and counts as its processor time.
  if (program.table === 'event' && program.name !== PROGRAMS[0]?.name) await untilHandled(player.sql);
  const after = [await contestant.cpuSeconds(), await server.cpuSeconds()] as const;
  return {
    ...sample,
    contestant: program.name,
    connections: load.connections,
    contestantCpuSeconds: after[0] - before[0],
    postgresCpuSeconds: after[1] - before[1],
  };
}

async function assertStored({ program, sql, acknowledged }: Player): Promise<void> {
  const { rows } = await sql.query<{ count: string }>(
    `select count(*) from ${program.table}${program.table === 'event' ? ` where source = 'STRIPE'` : ''}`,
  );
  const stored = Number(rows[0]?.count);
  if (stored !== acknowledged)
    throw new Error(`${program.name} acknowledged ${acknowledged} events and stored ${stored}.`);
}
