// Reading of parsed JSON whose shape nobody vouches for. What is not what it should be reads as null.

export type JsonObject = Readonly<Record<string, unknown>>;

const NOTHING: JsonObject = Object.freeze({});
const END_OF_YEAR_9999 = 253_402_300_799; // the last second that ISO 8601 writes with four digits
const LONGEST_TEXT = 255; // Stripe promises that no id is longer

/** Text that no id or enum can be reads as null: with NUL or half a surrogate pair, which PostgreSQL refuses, or too long for its indexes. */
export function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT && isStorable(value) ? value : null;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** A whole number that JavaScript holds exactly; no text, no fraction. */
export function readInteger(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}

/** Epoch seconds from 1970 to the end of the year 9999. */
export function readSeconds(value: unknown): number | null {
  const seconds = readInteger(value);
  return seconds !== null && seconds >= 0 && seconds <= END_OF_YEAR_9999 ? seconds : null;
}

export function readBoolean(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

/** An object to read from; empty for anything else. */
export function readObject(value: unknown): JsonObject {
  return isObject(value) ? value : NOTHING;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The id of what Stripe gives as an id or, expanded, as the object. */
export function readId(value: unknown): string | null {
  return readText(isObject(value) ? value['id'] : value);
}

/** The objects of a list such as `lines` or `items`. */
export function readList(value: unknown): readonly JsonObject[] {
  const { data } = readObject(value);
  return Array.isArray(data) ? data.filter(isObject) : [];
}

/** Stripe's metadata is text to text; numbers and booleans, which test tools write, become text, and the rest is left out. */
export function readMetadata(value: unknown): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const [key, item] of Object.entries(readObject(value))) {
    const text = typeof item === 'number' || typeof item === 'boolean' ? String(item) : item;
    if (typeof text === 'string' && isStorable(text) && isStorable(key)) pairs.push([key, text]);
  }
  return Object.fromEntries(pairs);
}
