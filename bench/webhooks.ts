import { type ContestantProgram, ledger, NESTJS_STRIPE, SYNC_ENGINE } from './contestants/contestant.js';
import type { BenchServer } from './database.js';
import { eventText } from './events.js';
import { type LoadSample, postAll } from './load/closed-loop.js';
import { range, signedPosts } from './load/posts.js';
import { type CpuSeconds, openPlayer, type Player, withCpu } from './open-player.js';
import type { Options } from './options.js';
import { untilHandled } from './until.js';

/** One contestant's turn at one number of connections. */
export interface Turn extends LoadSample {
  readonly contestant: string;
  readonly connections: number;
  readonly cpu: CpuSeconds;
}

/** The service twice, then those that it is compared with. */
export const PROGRAMS: readonly ContestantProgram[] = [ledger('web'), ledger('all'), NESTJS_STRIPE, SYNC_ENGINE];

/** More than any contestant takes in a second; a turn that uses up its posts ends early. */
const MOST_PER_SECOND = 9_000;
const WARM_UP = { connections: 20, seconds: 3 };

interface Poster extends Player {
  /** So far; the next event has this number, because no two posts are of one event. */
  acknowledged: number;
}

/**
 * Signed `invoice.paid` events against every contestant, at every number of connections, in turns: what else the machine does meets them
 * all. In every round each has the machine, a new process and a new database for itself: what others had written before made a post cost
 * PostgreSQL half as much again (the file cache of a virtual machine grows into memory which the host has yet to give), and most of all
 * whoever writes most. Throws unless every post was acknowledged and every acknowledged event is stored.
 */
export async function measureWebhooks(
  server: BenchServer,
  options: Options,
  onTurn: (turn: Turn) => void,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    for (const program of inTurn(PROGRAMS, round)) {
      for await (const turn of playAlone(server, program, options)) {
        turns.push(turn);
        onTurn(turn);
      }
    }
  }
  return turns;
}

async function* playAlone(
  server: BenchServer,
  program: ContestantProgram,
  { connections, seconds }: Options,
): AsyncGenerator<Turn> {
  const database = 'webhooks';
  const player: Poster = Object.assign(await openPlayer(server, program, database), { acknowledged: 0 });
  try {
    await play(server, player, WARM_UP);
    for (const count of connections) yield await play(server, player, { connections: count, seconds });
    await assertStored(player);
  } finally {
    await player.leave();
  }
  await server.dropDatabase(database);
}

/** Each round begins with another one, so that nobody always follows the same neighbour. */
const inTurn = <T>(players: readonly T[], round: number): T[] =>
  players.map((_, index) => players[(index + round) % players.length]!);

async function play(
  server: BenchServer,
  player: Poster,
  load: { connections: number; seconds: number },
): Promise<Turn> {
  const { program, contestant } = player;
  const most = Math.ceil(load.seconds * (load.connections === 1 ? MOST_PER_SECOND / 3 : MOST_PER_SECOND));
  const posts = signedPosts(eventText('invoice.paid'), program.path, range(player.acknowledged, most));
  await server.checkpoint();
  const { result, cpu } = await withCpu(server, contestant, async () => {
    const sample = await postAll({ url: contestant.url, posts, ...load });
    // What it has put off is its own: it is waited for, and counts as its processor time.
    if (program.handles) await untilHandled(player.sql);
    return sample;
  });
  player.acknowledged += result.acknowledged;
  if (result.refusals.length > 0) {
    throw new Error(`${program.name} refused posts, by status: ${result.refusals.join(', ')}.`);
  }
  return { ...result, contestant: program.name, connections: load.connections, cpu };
}

async function assertStored({ program, sql, acknowledged }: Poster): Promise<void> {
  const { rows } = await sql.query<{ count: string }>(`select count(*) from ${program.stored}`);
  const stored = Number(rows[0]?.count);
  if (stored !== acknowledged)
    throw new Error(`${program.name} acknowledged ${acknowledged} events and stored ${stored}.`);
}
