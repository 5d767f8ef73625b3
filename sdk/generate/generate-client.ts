import {
  buildSchema,
  type GraphQLSchema,
  type GraphQLObjectType,
  isEnumType,
  isInputObjectType,
  isObjectType,
} from 'graphql';
import { writeOperations } from './operations.js';
import { Shapes } from './shapes.js';
import { writeEnum, writeInput, writeMethods, writeObject } from './types.js';

const HEADER = '// Generated from schema.graphql by the test of the generated client (vitest -u). Do not edit.\n';
const PAGED = "import type { Paged } from './paged.js';\n\n";

export interface GeneratedClient {
  readonly types: string;
  readonly operations: string;
}

/** The client's types and its operations, from the schema that the service emits. */
export function generateClient(schemaText: string): GeneratedClient {
  const schema = buildSchema(schemaText);
  const roots = [schema.getQueryType(), schema.getMutationType()].filter((type) => type !== null && type !== undefined);
  const shapes = new Shapes(roots);
  return {
    types: `${HEADER}/* oxlint-disable eslint/max-lines */\n${PAGED}${typesOf(schema, shapes)}${writeMethods(roots, shapes)}`,
    operations: HEADER + writeOperations(roots, shapes),
  };
}

function typesOf(schema: GraphQLSchema, shapes: Shapes): string {
  const named = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__'));
  const objects = named.filter((type): type is GraphQLObjectType => isObjectType(type) && shapes.isAnswered(type));
  return [
    ...named.filter(isEnumType).map(writeEnum),
    ...named.filter(isInputObjectType).map(writeInput),
    ...objects.map((type) => writeObject(type, shapes)),
  ].join('');
}
