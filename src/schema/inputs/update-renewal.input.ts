import { Field, ID, InputType } from 'type-graphql';
import { GraphQLDateTime } from '../types/scalars.js';
import { IsUuid } from './is-uuid.js';

@InputType({ description: 'What is left out stays; null clears.' })
export class UpdateRenewalInput {
  @Field(() => ID)
  id!: string;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "A date that is set here is not carried along by Stripe's moves.",
  })
  effectiveDate?: Date | null;

  @Field(() => String, { nullable: true })
  stripeSubscriptionId?: string | null;

  @Field(() => ID, { nullable: true })
  @IsUuid()
  priorSubscriptionPlanUuid?: string | null;

  @Field(() => ID, { nullable: true })
  @IsUuid()
  renewedSubscriptionPlanUuid?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'By hand. False takes that back.' })
  isCanceled?: boolean | null;

  @Field(() => String, { description: 'Kept in the history.' })
  reason!: string;
}
