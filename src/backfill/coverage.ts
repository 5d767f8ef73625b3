import { patternCovers } from '@renewal-ledger/sdk';

/** A time that was asked for and, from `coveredFrom` on, walked through. */
export interface Span {
  readonly wantedFrom: Date;
  readonly coveredFrom: Date;
  readonly coveredUntil: Date;
}

export interface Gap {
  readonly from: Date;
  readonly to: Date;
}

export interface Coverage {
  /** Null where nothing is complete yet. */
  readonly completeUntil: Date | null;
  readonly gaps: readonly Gap[];
}

const DAY_MS = 86_400_000;
/** How long Stripe keeps events. */
const KEPT_MS = 30 * DAY_MS;

/** From when on Stripe still lists events. */
export const reachableFrom = (now: Date): Date => new Date(now.getTime() - KEPT_MS);

/** From when on events count as asked for where nobody said: the oldest day is on its way out while it is read. */
export const firstAsked = (now: Date): Date => new Date(now.getTime() - KEPT_MS + DAY_MS);

/** Spans that overlap or touch become one; in order of time. Pure. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.coveredFrom.getTime() - b.coveredFrom.getTime())) {
    const last = merged.at(-1);
    if (last === undefined || span.coveredFrom > last.coveredUntil) merged.push(span);
    else
      merged[merged.length - 1] = {
        wantedFrom: earlier(last.wantedFrom, span.wantedFrom),
        coveredFrom: last.coveredFrom,
        coveredUntil: later(last.coveredUntil, span.coveredUntil),
      };
  }
  return merged;
}

/**
 * What is complete by these spans, from the earliest time that was asked for on. A gap that Stripe could still fill ends what is complete;
 * one that it cannot is told, and counts no longer, because nothing would ever be complete again. Pure.
 */
export function coverageOf(spans: readonly Span[], now: Date): Coverage {
  const merged = mergeSpans(spans);
  const last = merged.at(-1);
  if (last === undefined) return { completeUntil: null, gaps: [] };
  const start = merged.map(({ wantedFrom }) => wantedFrom).reduce(earlier);
  const gaps = merged
    .map(({ coveredFrom: to }, index) => ({ from: merged[index - 1]?.coveredUntil ?? start, to }))
    .filter(({ from, to }) => from < to);
  const open = gaps.find(({ to }) => to > reachableFrom(now));
  if (open === undefined) return { completeUntil: last.coveredUntil, gaps };
  return { completeUntil: open.from > start ? open.from : null, gaps };
}

/** True where whoever walked through `walked` has seen every event of `wanted`. */
export function covers(walked: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((pattern) => walked.some((other) => patternCovers(other, pattern)));
}

export const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
export const later = (a: Date, b: Date): Date => (a > b ? a : b);
