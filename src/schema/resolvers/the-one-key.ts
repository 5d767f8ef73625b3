import { BadInputError } from '../../errors.js';

/**
 * The one key that a lookup was given, with its name.
 * @throws BadInputError where there is none, or more than one.
 */
export function theOneKey<Name extends string>(
  keys: Readonly<Record<Name, string | null | undefined>>,
): [Name, string] {
  const entries = Object.entries(keys) as [Name, string | null | undefined][];
  const present = entries.filter((entry): entry is [Name, string] => typeof entry[1] === 'string');
  if (present.length === 1 && present[0] !== undefined) return present[0];
  throw new BadInputError(`Give exactly one of ${entries.map(([name]) => name).join(', ')}.`);
}
