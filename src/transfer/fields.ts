import { z } from 'zod';
import { isIntentId } from '../ledger/intent-name.js';

/** The fields of records, each with the sentence that a person reads when it is wrong. */

const LONGEST_TEXT = 255;
const END_OF_YEAR_9999 = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const IS_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

/** Text as the ledger's own commands take it. */
export const text = () =>
  z
    .string({ error: 'must be text.' })
    .refine((value) => value.trim() !== '', 'must not be empty.')
    .refine((value) => value.length <= LONGEST_TEXT, `must not be longer than ${LONGEST_TEXT} characters.`)
    .refine(
      (value) => !value.includes('\0') && value.isWellFormed(),
      'must not hold NUL, nor half of a surrogate pair.',
    );

/** What may be missing: Django writes it as null, or as an empty text. */
export const optional = <T>(field: z.ZodType<T>) =>
  z.preprocess((value) => (value === '' || value === undefined ? null : value), field.nullable());

export const uuid = () =>
  z
    .string({ error: 'must be a UUID.' })
    .regex(/^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i, 'must be a UUID.')
    .transform((value) =>
      value
        .toLowerCase()
        .replaceAll('-', '')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    );

/** The id of an intent: a positive whole number, as a number or as text. */
export const intentId = () =>
  z
    .union([z.string(), z.int()], { error: 'must be a positive whole number.' })
    .transform(String)
    .refine(isIntentId, 'must be a positive whole number.');

/** A time with its offset, as it is written: the database keeps microseconds, which a Date would lose. */
export const instantText = () =>
  z
    .string({ error: 'must be a time such as 2026-01-01T00:00:00Z.' })
    .regex(IS_INSTANT, 'must be a time with its offset from UTC, such as 2026-01-01T00:00:00Z.')
    .refine((value) => {
      const time = Date.parse(value);
      return time >= 0 && time <= END_OF_YEAR_9999;
    }, 'must be a time from 1970 to 9999.');

export const instant = () => instantText().transform((value) => new Date(value));

export const quantity = () =>
  z
    .int({ error: 'must be a whole number from 1 to 2147483647.' })
    .min(1, 'must be a whole number from 1 to 2147483647.')
    .max(2 ** 31 - 1, 'must be a whole number from 1 to 2147483647.');

export const oneOf = <const T extends readonly string[]>(words: T) =>
  z.enum(words, { error: `must be one of: ${words.join(', ')}.` });

export const flag = () => z.boolean({ error: 'must be true or false.' });
