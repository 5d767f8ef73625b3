import type { HandlingTurn } from './handling.js';
import type { IdleFigures } from './idle.js';
import { median, percentile } from './stats.js';
import type { SteadyFigures } from './steady.js';
import { milliseconds, times, toTable, whole } from './table.js';

export interface HandlingFigure {
  readonly contestant: string;
  readonly events: number;
  /** All events by all the time they took. */
  readonly perSecond: number;
  readonly processMicros: number;
  readonly postgresMicros: number;
}

export function handlingFigures(turns: readonly HandlingTurn[]): HandlingFigure[] {
  return [...Map.groupBy(turns, ({ contestant }) => contestant)].map(([contestant, group]) => {
    const total = (figure: (turn: HandlingTurn) => number) => group.reduce((sum, turn) => sum + figure(turn), 0);
    const events = total((turn) => turn.events);
    return {
      contestant,
      events,
      perSecond: events / total((turn) => turn.seconds),
      processMicros: (total((turn) => turn.cpu.process) / events) * 1e6,
      postgresMicros: (total((turn) => turn.cpu.postgres) / events) * 1e6,
    };
  });
}

export function handlingReport(figures: readonly HandlingFigure[], turns: readonly HandlingTurn[]): string {
  const [ours, theirs] = figures;
  const rows = figures.map(({ contestant, perSecond, processMicros, postgresMicros }) => [
    contestant,
    whole(perSecond),
    whole(processMicros),
    whole(postgresMicros),
  ]);
  const of = (figure: HandlingFigure | undefined) =>
    turns.filter(({ contestant }) => contestant === figure?.contestant).map(({ events, seconds }) => events / seconds);
  const ratios = of(ours).map((rate, turn) => rate / (of(theirs)[turn] ?? Number.NaN));
  return [
    `Handling ${whole((ours?.events ?? 0) / 2)} invoices, created and paid, by one process`,
    toTable([['', 'events/s', 'µs process', 'µs PostgreSQL'], ...rows]),
    `As a multiple: ${times((ours?.perSecond ?? Number.NaN) / (theirs?.perSecond ?? Number.NaN))} over all; median of the turns ${times(median(ratios))}`,
  ].join('\n');
}

export function steadyReport({
  postsPerSecond,
  handledPerSecond,
  answers,
  consequences,
  events,
  cpu,
}: SteadyFigures): string {
  const cells = [
    [
      'posts/s',
      'handled/s',
      'answer p50 ms',
      'p99 ms',
      'link or payment p50 ms',
      'p99 ms',
      'µs process',
      'µs PostgreSQL',
    ],
    [
      whole(postsPerSecond),
      whole(handledPerSecond),
      ...[answers, consequences].flatMap((values) => [
        milliseconds(percentile(values, 0.5)),
        milliseconds(percentile(values, 0.99)),
      ]),
      whole((cpu.process / events) * 1e6),
      whole((cpu.postgres / events) * 1e6),
    ],
  ];
  return ['Handling while webhooks come in, in one process', toTable(cells)].join('\n');
}

export function idleReport({ linked, paid }: IdleFigures): string {
  const row = (name: string, values: readonly number[]) => [
    name,
    milliseconds(percentile(values, 0.5)),
    milliseconds(percentile(values, 0.99)),
  ];
  return [
    `Idle: milliseconds from the answer, of ${linked.length} invoices one after the other`,
    toTable([['', 'p50', 'p99'], row('to the link', linked), row('to the paid renewal', paid)]),
  ].join('\n');
}
