import type { Options } from './options.js';
import { median, percentile } from './stats.js';
import { milliseconds, times, toTable, whole } from './table.js';
import { PROGRAMS, type Turn } from './webhooks.js';

export interface WebhookFigure {
  readonly contestant: string;
  readonly connections: number;
  /** Medians over the rounds. */
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time per event, of its process and of PostgreSQL. */
  readonly processMicros: number;
  readonly postgresMicros: number;
}

export function webhookFigures(turns: readonly Turn[]): WebhookFigure[] {
  const groups = Map.groupBy(turns, ({ contestant, connections }) => `${contestant} ${connections}`);
  return [...groups.values()].map((group) => {
    const over = (figure: (turn: Turn) => number) => median(group.map(figure));
    return {
      contestant: group[0]!.contestant,
      connections: group[0]!.connections,
      perSecond: over((turn) => turn.acknowledged / turn.elapsedSeconds),
      p50: over((turn) => percentile(turn.latencies, 0.5)),
      p99: over((turn) => percentile(turn.latencies, 0.99)),
      processMicros: over((turn) => (turn.cpu.process / turn.acknowledged) * 1e6),
      postgresMicros: over((turn) => (turn.cpu.postgres / turn.acknowledged) * 1e6),
    };
  });
}

/** Two tables: the figures, and the service's rates as multiples of the others'. */
export function webhookReport(figures: readonly WebhookFigure[], { connections, rounds, seconds }: Options): string {
  const find = (contestant: string, count: number) =>
    figures.find((figure) => figure.contestant === contestant && figure.connections === count);
  const head = [
    '',
    ...connections.flatMap((count) => [`@${count} req/s`, 'p50 ms', 'p99 ms']),
    'µs process',
    'µs PostgreSQL',
  ];
  const rows = PROGRAMS.map(({ name }) => {
    const last = find(name, connections.at(-1)!);
    const cells = connections.flatMap((count) => {
      const figure = find(name, count);
      return [
        whole(figure?.perSecond ?? Number.NaN),
        milliseconds(figure?.p50 ?? Number.NaN),
        milliseconds(figure?.p99 ?? Number.NaN),
      ];
    });
    return [name, ...cells, whole(last?.processMicros ?? Number.NaN), whole(last?.postgresMicros ?? Number.NaN)];
  });
  const title = `Acknowledged posts: medians of ${rounds} rounds of ${seconds} s at ${connections.join(', ')} connections; processor time per event at the last`;
  return [title, toTable([head, ...rows]), '', ratios(find, connections)].join('\n');
}

function ratios(
  find: (contestant: string, connections: number) => WebhookFigure | undefined,
  connections: readonly number[],
): string {
  const [web, all, ...rivals] = PROGRAMS.map(({ name }) => name) as [string, string, ...string[]];
  const rows = [web, all].flatMap((ours) =>
    rivals.map((theirs) => [
      `${ours} / ${theirs}`,
      ...connections.map((count) =>
        times((find(ours, count)?.perSecond ?? Number.NaN) / (find(theirs, count)?.perSecond ?? Number.NaN)),
      ),
    ]),
  );
  return toTable([['Rates as multiples', ...connections.map((count) => `@${count}`)], ...rows]);
}
