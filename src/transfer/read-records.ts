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

/** The records of one kind, in groups of so many; a file that was read before has no problems. */
export async function* readGroups<K extends Kind>(
  path: string,
  { kind, size, problems }: { readonly kind: K; readonly size: number; readonly problems: Problems },
): AsyncGenerator<Placed<Extract<ImportRecord, { kind: K }>>[]> {
  let group: Placed<Extract<ImportRecord, { kind: K }>>[] = [];
  for await (const placed of readRecords(path, problems)) {
    if (placed.record.kind !== kind) continue;
    group.push(placed as Placed<Extract<ImportRecord, { kind: K }>>);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
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
