import { Field, ID, InputType } from 'type-graphql';
import { CheckoutIntentState, RenewalState } from '../../entities/states.js';
import { GraphQLDateTime } from '../types/scalars.js';

@InputType({ description: 'All that is given must hold. An empty list matches nothing.' })
export class CheckoutIntentFilter {
  @Field(() => [CheckoutIntentState], { nullable: true })
  state?: CheckoutIntentState[] | null;

  @Field(() => String, { nullable: true })
  stripeCustomerId?: string | null;

  @Field(() => String, { nullable: true })
  enterpriseSlug?: string | null;
}

@InputType({ description: 'All that is given must hold. An empty list matches nothing.' })
export class RenewalFilter {
  @Field(() => [RenewalState], { nullable: true })
  state?: RenewalState[] | null;

  @Field(() => ID, { nullable: true })
  checkoutIntentId?: string | null;

  @Field(() => String, { nullable: true })
  stripeSubscriptionId?: string | null;

  @Field(() => String, { nullable: true })
  stripeInvoiceId?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'At this time or later.' })
  effectiveFrom?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Before this time.' })
  effectiveTo?: Date | null;

  @Field(() => Boolean, { nullable: true, description: 'Past its effective date with no invoice.' })
  overdue?: boolean | null;
}

@InputType({ description: 'All that is given must hold. An empty list matches nothing.' })
export class SubscriptionFilter {
  @Field(() => [String], { nullable: true, description: 'As Stripe names it.' })
  status?: string[] | null;

  @Field(() => String, { nullable: true })
  stripeCustomerId?: string | null;

  @Field(() => ID, { nullable: true })
  checkoutIntentId?: string | null;
}

@InputType({ description: 'All that is given must hold. An empty list matches nothing.' })
export class InvoiceFilter {
  @Field(() => [String], { nullable: true })
  status?: string[] | null;

  @Field(() => String, { nullable: true })
  stripeSubscriptionId?: string | null;

  @Field(() => String, { nullable: true })
  stripeCustomerId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Linked to a renewal, or not.' })
  linked?: boolean | null;
}
