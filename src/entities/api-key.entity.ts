import { BigIntType } from '@mikro-orm/core';
import { Entity, Enum, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { ApiKeyScope } from './states.js';

/** A key to the GraphQL API. Only its hash is kept. */
@Entity({ tableName: 'api_key' })
export class ApiKey {
  @PrimaryKey({ type: new BigIntType('string'), autoincrement: true })
  id!: string;

  @Property({ type: 'text', unique: true })
  name!: string;

  @Enum({ items: () => ApiKeyScope })
  scope!: ApiKeyScope;

  /** SHA-256, hex. */
  @Property({ type: 'text', unique: true })
  hash!: string;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', nullable: true })
  revokedAt!: Date | null;
}
