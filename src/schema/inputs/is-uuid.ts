import { ValidateBy } from 'class-validator';
import { isUuid } from '../ids.js';

/** Refuses what a column of type uuid would. */
export const IsUuid = () =>
  ValidateBy({
    name: 'isUuid',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isUuid(value),
      defaultMessage: () => '$property must be a UUID.',
    },
  });
