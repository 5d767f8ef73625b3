import type { Ref } from '@mikro-orm/core';
import { Entity, ManyToOne } from '@mikro-orm/decorators/legacy';
import { CheckoutIntent } from './checkout-intent.entity.js';
import { RecordChange } from './record-change.js';

@Entity({ tableName: 'checkout_intent_change' })
export class CheckoutIntentChange extends RecordChange {
  @ManyToOne(() => CheckoutIntent, { ref: true, index: true, deleteRule: 'cascade' })
  checkoutIntent!: Ref<CheckoutIntent>;
}
