import type { Ref } from '@mikro-orm/core';
import { Entity, ManyToOne } from '@mikro-orm/decorators/legacy';
import { RecordChange } from './record-change.js';
import { Renewal } from './renewal.entity.js';

@Entity({ tableName: 'renewal_change' })
export class RenewalChange extends RecordChange {
  @ManyToOne(() => Renewal, { ref: true, index: true, deleteRule: 'cascade' })
  renewal!: Ref<Renewal>;
}
