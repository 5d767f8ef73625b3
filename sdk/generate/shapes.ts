import {
  getNamedType,
  type GraphQLField,
  type GraphQLObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

export type Field = GraphQLField<unknown, unknown>;
export type Shape = 'full' | 'summary';

/**
 * What the client asks for of each type. An entity (a type with an id) that is asked for by itself comes in full: with its plain
 * fields, summaries of the entities that it names, and the plain lists that belong to it. In lists and inside other entities it
 * comes as a summary: its plain fields, and the ids of the entities that it names.
 */
export class Shapes {
  readonly #answered = new Set<GraphQLObjectType>();

  constructor(roots: readonly GraphQLObjectType[]) {
    for (const root of roots) for (const field of Object.values(root.getFields())) this.#visit(answerOf(field));
  }

  isAnswered(type: GraphQLObjectType): boolean {
    return this.#answered.has(type);
  }

  fieldsOf(type: GraphQLObjectType, shape: Shape): Field[] {
    return Object.values(type.getFields()).filter((field) => {
      if (isForAdmins(field) || isPaged(field)) return false;
      return shape === 'full' || !isEntity(type) || isPlain(field) || isReference(field);
    });
  }

  /** True where a summary leaves something out. */
  hasSummary(type: GraphQLObjectType): boolean {
    return isEntity(type) && this.fieldsOf(type, 'full').some((field) => !isPlain(field));
  }

  nameOf(type: GraphQLObjectType, shape: Shape): string {
    return shape === 'summary' && this.hasSummary(type) ? `${type.name}Summary` : type.name;
  }

  /** How an entity looks inside another type: in full inside a mere holder, such as a payload, else as a summary. */
  innerShape(holder: GraphQLObjectType): Shape {
    return isEntity(holder) ? 'summary' : 'full';
  }

  #visit(type: GraphQLObjectType | undefined): void {
    if (type === undefined || this.#answered.has(type)) return;
    this.#answered.add(type);
    for (const field of this.fieldsOf(type, 'full')) this.#visit(objectOf(field));
  }
}

export function objectOf(field: Field): GraphQLObjectType | undefined {
  const named = getNamedType(field.type);
  return isObjectType(named) ? named : undefined;
}

/** What a method answers with: of a connection, its nodes. */
export function answerOf(field: Field): GraphQLObjectType | undefined {
  const type = objectOf(field);
  const nodes = type && isPaged(field) ? type.getFields()['nodes'] : undefined;
  return nodes ? objectOf(nodes) : type;
}

export function isPaged(field: Field): boolean {
  return getNamedType(field.type).name.endsWith('Connection');
}

export function isList(field: Field): boolean {
  return isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
}

export function isEntity(type: GraphQLObjectType): boolean {
  return 'id' in type.getFields();
}

export function isPlain(field: Field): boolean {
  return isLeafType(getNamedType(field.type));
}

/** One entity that another names. */
export function isReference(field: Field): boolean {
  const type = objectOf(field);
  return type !== undefined && isEntity(type) && !isList(field);
}

/** To ask for it with another key would fail the whole request. */
function isForAdmins(field: Field): boolean {
  return isPlain(field) && (field.description ?? '').startsWith('Needs the scope admin');
}
