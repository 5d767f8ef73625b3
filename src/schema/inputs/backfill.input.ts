import { Field, ID, InputType } from 'type-graphql';
import { BackfillKind } from '../../entities/states.js';
import { GraphQLDateTime } from '../types/scalars.js';

@InputType()
export class BackfillInput {
  @Field(() => BackfillKind, { defaultValue: BackfillKind.RENEWAL_LINKS })
  kind!: BackfillKind;

  @Field(() => Boolean, { defaultValue: false, description: 'Show what would change, and change nothing.' })
  dryRun!: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Raise ledger events for what is found; else they are held back. Unset: yes for STRIPE_EVENTS (but not for what invoices older than its events tell), no for RENEWAL_LINKS.',
  })
  announce?: boolean | null;

  @Field(() => ID, { nullable: true, description: 'RENEWAL_LINKS: only records of this checkout intent.' })
  checkoutIntentId?: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description:
      'STRIPE_EVENTS: from this time on. Stripe keeps events for 30 days; for older times the invoices of each known subscription are read.',
  })
  since?: Date | null;

  @Field(() => [String], {
    nullable: true,
    description: 'STRIPE_EVENTS: only these types, 20 at most. Unset: those that handlers take.',
  })
  eventTypes?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'STRIPE_EVENTS: only events that Stripe has delivered to all its endpoints, or, if false, not yet or never. Unset: all.',
  })
  deliverySuccess?: boolean | null;
}
