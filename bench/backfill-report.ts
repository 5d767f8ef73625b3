import type { BackfillTurn } from './backfill.js';
import { toTable, whole } from './table.js';

export function backfillReport(turns: readonly BackfillTurn[]): string {
  const head = [
    'facts',
    'renewals',
    'events',
    'seconds',
    'renewals/s',
    'events/s',
    'µs process',
    'µs PostgreSQL',
    'peak MB',
  ];
  const rows = turns.map(({ facts, renewals, events, seconds, cpu, peakBytes }) => [
    facts,
    whole(renewals),
    whole(events),
    seconds.toFixed(1),
    whole(renewals / seconds),
    facts === 'missing' ? whole(events / seconds) : '',
    whole((cpu.process / renewals) * 1e6),
    whole((cpu.postgres / renewals) * 1e6),
    whole(peakBytes / 2 ** 20),
  ]);
  const title = 'Backfill of links and dates by one process; processor time per renewal';
  return [title, toTable([head, ...rows])].join('\n');
}
