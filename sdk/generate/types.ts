import {
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  type GraphQLType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { answerOf, type Field, isList, isPaged, isPlain, type Shape, type Shapes } from './shapes.js';

const SCALARS: Readonly<Record<string, string>> = {
  ID: 'string',
  String: 'string',
  DateTime: 'string',
  Int: 'number',
  Float: 'number',
  SafeInt: 'number',
  Boolean: 'boolean',
  JSON: 'unknown',
};

export function writeEnum(type: GraphQLEnumType): string {
  const values = type.getValues().map((value) => `  | '${value.name}'`);
  return `${docOf(type.description)}export type ${type.name} =\n${values.join('\n')};\n\n`;
}

/** What may be left out may also be undefined, so that optional values can be handed on as they are. */
export function writeInput(type: GraphQLInputObjectType): string {
  const fields = Object.values(type.getFields()).map(
    (field) => `${docOf(field.description, '  ')}  ${writeGiven(field, isRequiredInputField(field))};\n`,
  );
  return `${docOf(type.description)}export interface ${type.name} {\n${fields.join('')}}\n\n`;
}

export function writeObject(type: GraphQLObjectType, shapes: Shapes): string {
  const full = writeShape(type, 'full', shapes);
  return shapes.hasSummary(type) ? writeShape(type, 'summary', shapes) + full : full;
}

function writeShape(type: GraphQLObjectType, shape: Shape, shapes: Shapes): string {
  const fields = shapes.fieldsOf(type, shape).map((field) => {
    const named = isPlain(field)
      ? undefined
      : shape === 'summary'
        ? '{ readonly id: string }'
        : innerName(field, type, shapes);
    return `${docOf(field.description, '  ')}  readonly ${field.name}: ${tsType(field.type, named)};\n`;
  });
  return `${docOf(type.description)}export interface ${shapes.nameOf(type, shape)} {\n${fields.join('')}}\n\n`;
}

function innerName(field: Field, holder: GraphQLObjectType, shapes: Shapes): string {
  return shapes.nameOf(answerOf(field)!, shapes.innerShape(holder));
}

export function writeMethods(roots: readonly GraphQLObjectType[], shapes: Shapes): string {
  const fields = roots.flatMap((root) => Object.values(root.getFields()));
  const methods = fields.map(
    (field) => `${docOf(field.description, '  ')}  ${field.name}(${argumentsOf(field)}): ${resultOf(field, shapes)};\n`,
  );
  return `/** A method for each operation of the ledger's GraphQL. */\nexport interface LedgerOperations {\n${methods.join('')}}\n`;
}

function argumentsOf({ args }: Field): string {
  const [only] = args;
  if (only === undefined) return '';
  if (args.length === 1 && only.name === 'input') return `input: ${tsType(only.type)}`;
  const optional = args.some(isRequiredArgument) ? '' : '?';
  return `args${optional}: { ${args.map((arg) => writeGiven(arg, isRequiredArgument(arg))).join('; ')} }`;
}

function resultOf(field: Field, shapes: Shapes): string {
  const type = answerOf(field);
  if (type === undefined) return `Promise<${tsType(field.type)}>`;
  if (isPaged(field)) return `Paged<${shapes.nameOf(type, 'summary')}>`;
  return `Promise<${tsType(field.type, shapes.nameOf(type, isList(field) ? 'summary' : 'full'))}>`;
}

function writeGiven({ name, type }: GraphQLArgument | GraphQLInputField, required: boolean): string {
  return required ? `readonly ${name}: ${tsType(type)}` : `readonly ${name}?: ${tsType(type)} | undefined`;
}

function tsType(type: GraphQLType, named?: string): string {
  if (isNonNullType(type)) return bareType(type.ofType, named);
  return `${bareType(type, named)} | null`;
}

function bareType(type: GraphQLType, named?: string): string {
  if (isNonNullType(type)) return bareType(type.ofType, named);
  if (isListType(type)) return `readonly ${wrap(tsType(type.ofType, named))}[]`;
  if (isInputObjectType(type)) return type.name;
  return named ?? SCALARS[(type as { name: string }).name] ?? (type as { name: string }).name;
}

function wrap(text: string): string {
  return text.includes(' ') ? `(${text})` : text;
}

function docOf(description: string | null | undefined, indent = ''): string {
  return description ? `${indent}/** ${description.replaceAll(/\s*\n\s*/g, ' ').replaceAll('*/', '* /')} */\n` : '';
}
