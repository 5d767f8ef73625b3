import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { Caller } from '../access/api-keys.js';
import { ApiKeyScope } from '../entities/states.js';
import { ForbiddenError } from '../errors.js';
import type { GraphqlContext } from './context.js';

const RANK: Readonly<Record<Caller['scope'], number>> = {
  [ApiKeyScope.read]: 0,
  [ApiKeyScope.write]: 1,
  [ApiKeyScope.admin]: 2,
};

/** @throws ForbiddenError naming the scope that is needed. */
export function assertScope(caller: Caller, needed: Caller['scope']): void {
  if (RANK[caller.scope] >= RANK[needed]) return;
  throw new ForbiddenError(`This needs an API key of the scope ${needed}; yours has ${caller.scope}.`);
}

/** Every mutation needs write; what needs more says so itself. Any valid key may read. */
export function requireWriteOfMutations(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    field.resolve = (...given: Parameters<GraphQLFieldResolver<unknown, GraphqlContext>>) => {
      assertScope(given[2].caller, ApiKeyScope.write);
      return resolve(...given);
    };
  }
  return schema;
}
