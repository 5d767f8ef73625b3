import { validate } from 'class-validator';
import { BadInputError } from '../../errors.js';

/**
 * Every argument of every field passes here: by the rules of its class, and without NUL, which no text in PostgreSQL can hold.
 * @throws BadInputError with a sentence for each rule that is broken.
 */
export async function checkInput(value: unknown): Promise<void> {
  if (holdsNul(value)) throw new BadInputError('Text must not contain the character NUL (\\u0000).');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const broken = await validate(value, { skipMissingProperties: true, forbidUnknownValues: false });
  if (broken.length === 0) return;
  throw new BadInputError(broken.flatMap(({ constraints }) => Object.values(constraints ?? {})).join(' '));
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(holdsNul);
}
