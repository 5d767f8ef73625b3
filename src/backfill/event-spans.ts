import type { EntityManager } from '@mikro-orm/postgresql';
import { toUnnest } from '../database/bulk.js';
import type { Transaction } from '../database/transaction.js';
import { EventSpan } from '../entities/event-span.entity.js';
import { type Coverage, coverageOf, covers, mergeSpans, type Span } from './coverage.js';

/** What is known to be stored of the types given, or of those that were walked last. */
export async function readCoverage(em: EntityManager, now: Date, patterns?: readonly string[]): Promise<Coverage> {
  const spans = await em.find(EventSpan, {}, { orderBy: { id: 'desc' } });
  const wanted = patterns ?? spans[0]?.patterns ?? [];
  return coverageOf(
    spans.filter((span) => covers(span.patterns, wanted)),
    now,
  );
}

const COLUMNS = {
  wanted_from: 'timestamptz',
  covered_from: 'timestamptz',
  covered_until: 'timestamptz',
} as const;

/** Adds a span to those of the same types. */
export async function recordSpan(tx: Transaction, patterns: readonly string[], span: Span): Promise<void> {
  await tx.query('lock table event_span in share row exclusive mode'); // two that merge at once would both keep what the other has
  const known = (await tx.em.find(EventSpan, {})).filter((other) => isSame(other.patterns, patterns));
  const spans = mergeSpans([...known, span]);
  const rows = spans.map(({ wantedFrom, coveredFrom, coveredUntil }) => ({
    wanted_from: wantedFrom,
    covered_from: coveredFrom,
    covered_until: coveredUntil,
  }));
  const { source, names, parameters } = toUnnest(rows, COLUMNS, 1);
  await tx.query('delete from event_span where id = any($1::bigint[])', [known.map(({ id }) => id)]);
  await tx.query(`insert into event_span (patterns, ${names}) select $1::text[], ${names} from ${source}`, [
    patterns,
    ...parameters,
  ]);
}

const isSame = (a: readonly string[], b: readonly string[]): boolean => covers(a, b) && covers(b, a);
