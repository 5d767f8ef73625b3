import { readDjangoRecord } from './django.js';
import { type Place, placeOf, type Problems } from './problems.js';
import { type ImportRecord, type Kind, readOwnRecord } from './records.js';
import { readSource, type SourceRecord } from './source.js';

export type Placed<R extends ImportRecord = ImportRecord> = { readonly place: Place; readonly record: R };

/** Every record of a file that can be read; what is wrong with the others is added to `problems`. */
export async function* readRecords(path: string, problems: Problems): AsyncGenerator<Placed> {
  for await (const source of readSource(path)) {
    const place = placeOf(source);
    const record = recordOf(source, place, problems);
    if (record !== undefined) yield { place, record };
  }
}

/** Of events' bodies, in characters: a group of long ones is smaller. */
const LONGEST_GROUP = 2 ** 24;

interface GroupOptions<K extends Kind> {
  readonly kind: K;
  readonly size: number;
  /** How many there are in the file: it is read no further than to the last of them. */
  readonly count: number;
  readonly problems: Problems;
}

/** The records of one kind, in groups of up to so many; a file that was read before has no problems. */
export async function* readGroups<K extends Kind>(
  path: string,
  { kind, size, count, problems }: GroupOptions<K>,
): AsyncGenerator<Placed<Extract<ImportRecord, { kind: K }>>[]> {
  let group: Placed<Extract<ImportRecord, { kind: K }>>[] = [];
  let length = 0;
  let left = count;
  for await (const placed of readRecords(path, problems)) {
    if (placed.record.kind !== kind) continue;
    group.push(placed as Placed<Extract<ImportRecord, { kind: K }>>);
    length += placed.record.kind === 'event' ? placed.record.body.length : 0;
    left -= 1;
    if (left === 0) break;
    if (group.length < size && length < LONGEST_GROUP) continue;
    yield group;
    [group, length] = [[], 0];
  }
  if (group.length > 0) yield group;
}

/** Has the next one come while the one before is worked on. */
export async function* readAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const ask = () => {
    const next = source.next();
    next.catch(() => undefined); // told to whoever asks for it
    return next;
  };
  try {
    for (let next = ask(); ;) {
      const { value, done } = await next;
      if (done === true) return;
      next = ask();
      yield value;
    }
  } finally {
    await source.return(undefined);
  }
}

function recordOf({ value, problem }: SourceRecord, place: Place, problems: Problems): ImportRecord | undefined {
  if (problem !== null) {
    problems.add(place, null, problem);
    return undefined;
  }
  const read = isOfDjango(value) ? readDjangoRecord(value) : readOwnRecord(value);
  if (read.success) return read.data;
  problems.addAll(place, read.error);
  return undefined;
}

function isOfDjango(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && typeof (value as { model?: unknown }).model === 'string';
}
