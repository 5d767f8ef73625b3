import { BadInputError } from '../../errors.js';

/** A place in a list: that of the row with this key. */
export interface Place {
  /** Microseconds since 1970, whole and in decimal: a Date holds milliseconds, and rows within one would be lost or repeated. */
  readonly at: string | null;
  readonly id: string;
}

const MICROSECONDS = /^(?:-\d{1,17}|\d{1,18})$/;
// Nothing is of a later time than the end of the year 9999: PostgreSQL would refuse one that is far beyond.
const AFTER_ALL = 253_402_300_800_000_000n;

/** Opaque to callers. The list's name is part of it, so that a cursor of one list is refused by another. */
export function toCursor(list: string, { at, id }: Place): string {
  return Buffer.from(JSON.stringify([list, at, id])).toString('base64url');
}

/** @throws BadInputError unless it is a cursor as this list gives them out: of its name, and of a key that `isKey` knows. */
export function readCursor(list: string, cursor: string, isKey: (place: Place) => boolean): Place {
  const place = toPlace(list, cursor);
  if (place !== undefined && isKey(place) && toCursor(list, place) === cursor) return place;
  throw new BadInputError(
    `The cursor ${shown(cursor)} is none of this list's. Take endCursor from its pageInfo, as it is.`,
  );
}

function toPlace(list: string, cursor: string): Place | undefined {
  const parts = parse(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(parts) || parts.length !== 3 || parts[0] !== list) return undefined;
  const [, at, id] = parts as unknown[];
  if (typeof id !== 'string' || id.includes('\0')) return undefined;
  if (at === null) return { at, id };
  return typeof at === 'string' && isTime(at) ? { at, id } : undefined;
}

const isTime = (at: string) => MICROSECONDS.test(at) && BigInt(at) < AFTER_ALL;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const shown = (cursor: string) => JSON.stringify(cursor.length > 60 ? `${cursor.slice(0, 60)}…` : cursor);
