import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import {
  GraphQLError,
  getNamedType,
  isCompositeType,
  isListType,
  isNonNullType,
  Kind,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { getComplexity, type ComplexityEstimator, type ComplexityEstimatorArgs } from 'graphql-query-complexity';

/** What one request may ask for. Costs are in fields answered: a list of `first` rows costs its fields as often. */
export const LIMITS = {
  tokens: 5_000,
  depth: 15,
  cost: 200_000,
  /** A root field costs a statement or more beside its answer; a mutation a transaction. */
  costOfQuery: 1_000,
  costOfMutation: 3_000,
  /** What a list without `first` is taken to hold. */
  listLength: 10,
};

/** Refuses a request that asks for too much, before anything of it is run. */
export const limitRequests: ApolloServerPlugin = {
  async requestDidStart() {
    return { didResolveOperation: async (request) => assertWithinLimits(request) };
  },
};

function assertWithinLimits({ document, operation, request, schema }: GraphQLRequestContext<object>): void {
  if (document === undefined || operation === undefined) return;
  const cost = readCost(() =>
    getComplexity({
      schema,
      query: document,
      estimators: [estimateCost],
      variables: request.variables ?? {},
      ...(typeof request.operationName === 'string' && { operationName: request.operationName }),
    }),
  );
  if (cost > LIMITS.cost) {
    throw refusal(
      `This asks for too much at once: it costs ${cost}, and ${LIMITS.cost} is allowed. Lower first, or ask for less at a time.`,
    );
  }
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const depth = depthOf(operation.selectionSet, new Map(fragments.map((fragment) => [fragment.name.value, fragment])));
  if (depth > LIMITS.depth) throw refusal(`This nests ${depth} levels deep, and ${LIMITS.depth} are allowed.`);
}

function readCost(read: () => number): number {
  try {
    return read();
  } catch (error) {
    throw refusal(error instanceof Error ? error.message : 'The cost of this request cannot be told.');
  }
}

const refusal = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } });

const estimateCost: ComplexityEstimator = (asked) => {
  if (isIntrospection(asked)) return 0;
  return ownCost(asked) + timesOf(asked) * asked.childComplexity;
};

function ownCost({ type }: ComplexityEstimatorArgs): number {
  if (type.name === 'Mutation') return LIMITS.costOfMutation;
  return type.name === 'Query' ? LIMITS.costOfQuery : 1;
}

/** The page's length stands at the connection; `nodes` and `edges` in it do not multiply again. */
function timesOf({ args, field, type }: ComplexityEstimatorArgs): number {
  if (typeof args['first'] === 'number') return Math.max(1, args['first']);
  const bare = isNonNullType(field.type) ? field.type.ofType : field.type;
  if (!isListType(bare) || !isCompositeType(getNamedType(bare)) || type.name.endsWith('Connection')) return 1;
  return LIMITS.listLength;
}

/** GraphQL's own rules bound how deep introspection may go. */
const isIntrospection = ({ field, type }: ComplexityEstimatorArgs) =>
  type.name.startsWith('__') || field.name.startsWith('__');

/** The document is valid and of a bounded number of fields here: its fragments end. */
function depthOf({ selections }: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): number {
  const depths = selections.map((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = fragments.get(selection.name.value);
      return fragment === undefined ? 0 : depthOf(fragment.selectionSet, fragments);
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) return depthOf(selection.selectionSet, fragments);
    if (selection.selectionSet === undefined || selection.name.value.startsWith('__')) return 1;
    return 1 + depthOf(selection.selectionSet, fragments);
  });
  return Math.max(0, ...depths);
}
