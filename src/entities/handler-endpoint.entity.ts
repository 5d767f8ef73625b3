import { ArrayType, BigIntType } from '@mikro-orm/core';
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** A sibling service that takes deliveries over HTTP. To dispatch it is the handler `endpoint:<name>`. */
@Entity({ tableName: 'handler_endpoint' })
export class HandlerEndpoint {
  @PrimaryKey({ type: new BigIntType('string'), autoincrement: true })
  id!: string;

  @Property({ type: 'text', unique: true })
  name!: string;

  @Property({ type: 'text' })
  url!: string;

  /** Types and patterns, as `@On` takes them. */
  @Property({ type: new ArrayType(), columnType: 'text[]' })
  eventTypes!: string[];

  /** While false, events get no delivery for it, and those that it has wait. */
  @Property({ type: 'boolean', default: true })
  enabled!: boolean;

  /** Signs deliveries, hence kept as it is: docs/decisions/0013. */
  @Property({ type: 'text' })
  secret!: string;

  /** Signs too until its time is over. */
  @Property({ type: 'text', nullable: true })
  previousSecret!: string | null;

  @Property({ type: 'datetime', nullable: true })
  previousSecretUntil!: Date | null;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  createdAt!: Date;
}
