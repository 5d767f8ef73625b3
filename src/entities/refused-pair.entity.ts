import { PrimaryKeyProp, type Ref } from '@mikro-orm/core';
import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Renewal } from './renewal.entity.js';

/** A link that was taken back: the rules never make it again. */
@Entity({ tableName: 'refused_pair' })
export class RefusedPair {
  [PrimaryKeyProp]?: ['renewal', 'stripeInvoiceId'];

  @ManyToOne(() => Renewal, { ref: true, primary: true, deleteRule: 'cascade' })
  renewal!: Ref<Renewal>;

  @PrimaryKey({ type: 'text' })
  stripeInvoiceId!: string;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  at!: Date;

  @Property({ type: 'text' })
  by!: string;

  @Property({ type: 'text', nullable: true })
  reason!: string | null;
}
