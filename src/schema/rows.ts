import { ReferenceKind, type EntityName, type EntityProperty } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql, type RawBuilder } from 'kysely';
import { toDate } from '../database/transaction.js';

/** A row by its columns' names. */
export type RawRow = Readonly<Record<string, unknown>>;

/** Where rows of an entity come from. */
export interface Source<Row extends object> {
  readonly entity: EntityName<Row>;
  readonly table: string;
  /** Large columns that GraphQL does not show: they are not read. */
  readonly without?: readonly (keyof Row & string)[];
}

/** The columns of a source, by its entity's mapping. */
export function columnsOf<Row extends object>(em: EntityManager, source: Source<Row>): RawBuilder<unknown> {
  return sql.join(propertiesOf(em, source).map(({ fieldNames }) => sql.ref(`${source.table}.${fieldNames[0]}`)));
}

/**
 * Rows as their entity declares them, but plain: nothing manages them and nothing can be flushed, which halves what a large answer
 * costs. A reference holds its id alone.
 */
export function createReader<Row extends object>(em: EntityManager, source: Source<Row>): (row: RawRow) => Row {
  const fields = propertiesOf(em, source).map((property) => {
    const [column = property.name] = property.fieldNames;
    return { name: property.name, column, convert: converterOf(em, property) };
  });
  return (row) => {
    const read: Record<string, unknown> = {};
    for (const { name, column, convert } of fields) read[name] = row[column] === null ? null : convert(row[column]);
    return read as Row;
  };
}

function propertiesOf<Row extends object>(em: EntityManager, { entity, without }: Source<Row>): EntityProperty<Row>[] {
  const hidden = new Set<string>(without);
  return em.getMetadata(entity).props.filter(({ name, fieldNames }) => fieldNames?.length === 1 && !hidden.has(name));
}

function converterOf(
  em: EntityManager,
  { kind, runtimeType, customType }: EntityProperty,
): (value: unknown) => unknown {
  if (kind === ReferenceKind.MANY_TO_ONE) return (id) => ({ id });
  if (runtimeType === 'Date') return (time) => toDate(time as string);
  const platform = em.getPlatform();
  return customType === undefined
    ? (value) => value
    : (value) => customType.convertToJSValue(value, platform) as unknown;
}
