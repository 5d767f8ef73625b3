import { HandlerMap, patternCovers } from '@renewal-ledger/sdk';

/** What one walk through Stripe's list asks for: a group such as `invoice.*`, or some types; neither for all events. */
export interface EventWalk {
  readonly type?: string;
  readonly types?: readonly string[];
}

/** How far a run has come: which walk, after which id, and when the last event that was read had happened. */
export interface Place {
  readonly walk: number;
  readonly after: string | null;
  readonly reached: Date | null;
}

/** Stripe takes that many types at once. */
const MOST_TYPES = 20;

/** The types of Stripe's, and groups of them, that these handlers take, sorted; none that another one covers. */
export function patternsOf(handlers: readonly { readonly pattern: string }[]): string[] {
  const patterns = [...new Set(handlers.map(({ pattern }) => pattern))].filter(isOfStripe);
  return patterns
    .filter((pattern) => !patterns.some((other) => other !== pattern && patternCovers(other, pattern)))
    .toSorted();
}

/** Stripe refuses types that are not its own: those of the ledger, and those that handlers emit. */
function isOfStripe(pattern: string): boolean {
  if (pattern === '*') return true;
  const [head = ''] = pattern.split('.');
  const known = new HandlerMap().on(`${head}.*` as '*', () => undefined, { name: head }).stripeEventTypes();
  return known.some((type) => !type.endsWith('*') && patternCovers(pattern, type));
}

/** The walks that find all of these, in a fixed order: Stripe takes one group, or some types, never both. */
export function walksOf(patterns: readonly string[]): EventWalk[] {
  if (patterns.includes('*')) return [{}];
  const groups = patterns.filter((pattern) => pattern.endsWith('*'));
  const types = patterns.filter((pattern) => !pattern.endsWith('*'));
  const chunks = Array.from({ length: Math.ceil(types.length / MOST_TYPES) }, (_, index) =>
    types.slice(index * MOST_TYPES, (index + 1) * MOST_TYPES),
  );
  return [...groups.map((type) => ({ type })), ...chunks.map((chunk) => ({ types: chunk }))];
}

/** Of a run's cursor; none: it has not begun. */
export function readPlace(cursor: string | null): Place {
  const [walk = '0', reached = '', ...after] = (cursor ?? '').split(' ');
  return {
    walk: Number(walk),
    reached: reached === '' ? null : new Date(Number(reached) * 1000),
    after: after.join(' ') || null,
  };
}

export function toCursor({ walk, after, reached }: Place): string {
  return `${walk} ${reached === null ? '' : reached.getTime() / 1000} ${after ?? ''}`;
}
