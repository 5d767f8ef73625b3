import { Field, ID, InputType } from 'type-graphql';
import { GraphQLDateTime } from '../types/scalars.js';
import { IsUuid } from './is-uuid.js';

@InputType()
export class CreateRenewalInput {
  @Field(() => ID)
  checkoutIntentId!: string;

  @Field(() => String, { description: 'A repeat with it answers the present row.' })
  subscriptionPlanRenewalId!: string;

  @Field(() => ID, { nullable: true })
  @IsUuid()
  priorSubscriptionPlanUuid?: string | null;

  @Field(() => ID, { nullable: true })
  @IsUuid()
  renewedSubscriptionPlanUuid?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Left out, it is the checkout intent's earliest that had not ended by the date.",
  })
  stripeSubscriptionId?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Carried along when Stripe moves the period.' })
  effectiveDate?: Date | null;

  @Field(() => String, { nullable: true, description: 'For renewals that happened before this service knew of them.' })
  stripeInvoiceId?: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'For renewals that happened before this service knew of them.',
  })
  processedAt?: Date | null;
}
