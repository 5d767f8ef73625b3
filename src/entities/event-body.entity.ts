import { PrimaryKeyProp } from '@mikro-orm/core';
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** The bytes of an event as received. Partitioned by month of receipt, so that retention drops whole tables. */
@Entity({ tableName: 'event_body' })
export class EventBody {
  [PrimaryKeyProp]?: ['eventId', 'receivedAt'];

  @PrimaryKey({ type: 'text' })
  eventId!: string;

  @PrimaryKey({ type: 'datetime' })
  receivedAt!: Date;

  @Property({ type: 'blob' })
  body!: Uint8Array;
}
