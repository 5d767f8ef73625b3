import { astFromValue, type GraphQLArgument, type GraphQLObjectType, print } from 'graphql';
import {
  answerOf,
  type Field,
  isEntity,
  isList,
  isPaged,
  isPlain,
  objectOf,
  type Shape,
  type Shapes,
} from './shapes.js';

/** Mutations that answer the same when they are repeated, so that a lost answer can be asked for again. */
const REPEATABLE = new Set(['createRenewal', 'linkInvoice', 'markRenewalProcessed', 'updateRenewal']);

/** Repeatable only with the argument that makes it so. */
const REPEATABLE_WITH: Readonly<Record<string, string>> = { createCheckoutIntent: 'uuid' };

export function writeOperations(roots: readonly GraphQLObjectType[], shapes: Shapes): string {
  const entries = roots.flatMap((root) =>
    Object.values(root.getFields()).map((field) => writeOperation(root, field, shapes)),
  );
  return `import type { Operation } from './operation.js';\n\nexport const OPERATIONS = {\n${entries.join('')}} satisfies Record<string, Operation>;\n`;
}

function writeOperation(root: GraphQLObjectType, field: Field, shapes: Shapes): string {
  const kind = root.name === 'Query' ? 'query' : 'mutation';
  const declared = field.args.map(declare).join(' ');
  const given = field.args.map((arg) => `${arg.name}:$${arg.name}`).join(' ');
  const selection = selectionOf(field, shapes);
  const document = `${kind}${declared && `(${declared})`}{${field.name}${given && `(${given})`}${selection && `{${selection}}`}}`;
  const takesInput = field.args.length === 1 && field.args[0]?.name === 'input';
  const properties = [
    `document: '${document}'`,
    ...(isPaged(field) ? ['paged: true'] : []),
    ...(takesInput ? ['input: true'] : []),
    ...repeatability(kind, field.name),
  ];
  return `  ${field.name}: {\n${properties.map((property) => `    ${property},\n`).join('')}  },\n`;
}

/** With the schema's default, without which a variable that must not be null would have to be given. */
function declare({ name, type, defaultValue }: GraphQLArgument): string {
  const ast = defaultValue === undefined ? undefined : astFromValue(defaultValue, type);
  return `$${name}:${type.toString()}${ast ? `=${print(ast)}` : ''}`;
}

function repeatability(kind: string, name: string): string[] {
  if (name in REPEATABLE_WITH) return [`repeatableWith: '${REPEATABLE_WITH[name]}'`];
  return kind === 'query' || REPEATABLE.has(name) ? ['repeatable: true'] : [];
}

function selectionOf(field: Field, shapes: Shapes): string {
  const type = answerOf(field);
  if (type === undefined) return '';
  const fields = fieldsText(type, isPaged(field) || isList(field) ? 'summary' : 'full', shapes);
  return isPaged(field) ? `nodes{${fields}} pageInfo{hasNextPage endCursor}` : fields;
}

function fieldsText(type: GraphQLObjectType, shape: Shape, shapes: Shapes): string {
  const texts = shapes.fieldsOf(type, shape).map((field) => {
    if (isPlain(field)) return field.name;
    const inner = objectOf(field)!;
    return `${field.name}{${shape === 'summary' && isEntity(type) ? 'id' : fieldsText(inner, shapes.innerShape(type), shapes)}}`;
  });
  return texts.join(' ');
}
