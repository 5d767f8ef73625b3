import { GraphQLScalarType } from 'graphql';
import { GraphQLJSON, GraphQLSafeInt } from 'graphql-scalars';

export { GraphQLDateTime } from './date-time.scalar.js';

export const JsonScalar = new GraphQLScalarType({ ...GraphQLJSON.toConfig(), description: 'Any JSON value.' });

export const SafeIntScalar = new GraphQLScalarType({
  ...GraphQLSafeInt.toConfig(),
  description: 'An integer up to 2^53 - 1: amounts in minor units (cents).',
});
