import { BigIntType } from '@mikro-orm/core';
import { Entity, Enum, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { CheckoutIntentState } from './states.js';

/** A customer's checkout, and from then on the long-lived owner of its subscription. */
@Entity({ tableName: 'checkout_intent' })
@Index({ properties: ['state', 'id'] })
@Index({ properties: ['stripeCustomerId', 'id'] })
@Index({ properties: ['enterpriseSlug', 'id'] })
export class CheckoutIntent {
  @PrimaryKey({ type: new BigIntType('string'), autoincrement: true })
  id!: string;

  @Property({ type: 'uuid', defaultRaw: 'gen_random_uuid()', unique: true })
  uuid!: string;

  @Enum({ items: () => CheckoutIntentState, default: CheckoutIntentState.CREATED })
  state!: CheckoutIntentState;

  @Property({ type: 'text', nullable: true })
  enterpriseName!: string | null;

  @Property({ type: 'text', nullable: true })
  enterpriseSlug!: string | null;

  @Property({ type: 'uuid', nullable: true })
  enterpriseUuid!: string | null;

  /** The customer that a person or service named; null where it is taken from the earliest event. */
  @Property({ type: 'text', nullable: true })
  givenStripeCustomerId!: string | null;

  /** The customer in force: the given one, else that of the earliest event. Kept by settle. */
  @Property({ type: 'text', nullable: true })
  stripeCustomerId!: string | null;

  @Property({ type: 'integer', default: 1 })
  quantity!: number;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', defaultRaw: 'now()' })
  updatedAt!: Date;
}
