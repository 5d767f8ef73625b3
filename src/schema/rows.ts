import type { EntityData, EntityName } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';

/** A row by its columns' names. */
export type RawRow = Record<string, unknown>;

/** What SQL added beside the entity's own columns. */
const ADDED = ['cursor_at', 'parent_key'];

export function toEntity<Row extends object>(em: EntityManager, entity: EntityName<Row>, row: RawRow): Row {
  const columns = Object.fromEntries(Object.entries(row).filter(([name]) => !ADDED.includes(name)));
  return em.map(entity, columns as EntityData<Row>);
}
