import { Field, ID, ObjectType } from 'type-graphql';
import { GraphQLDateTime } from './scalars.js';

@ObjectType('StripeSubscription', { description: 'The latest known state of a Stripe subscription.' })
export class SubscriptionType {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { nullable: true })
  stripeCustomerId!: string | null;

  @Field(() => String, { nullable: true, description: 'As Stripe names it. Null where only its id is known yet.' })
  status!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  cancelAt!: Date | null;

  @Field(() => Boolean, { nullable: true })
  cancelAtPeriodEnd!: boolean | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  endedAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  trialEnd!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  currentPeriodStart!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  currentPeriodEnd!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Stripe's time of the event that this state was read from.",
  })
  asOf!: Date | null;
}
