import { Field, ID, Int, ObjectType } from 'type-graphql';
import { CheckoutIntentState } from '../../entities/states.js';
import { GraphQLDateTime } from './scalars.js';

@ObjectType('CheckoutIntent', {
  description: "A customer's checkout, and from then on the long-lived owner of its subscription.",
})
export class CheckoutIntentType {
  @Field(() => ID)
  id!: string;

  @Field(() => ID, { description: "What a Stripe subscription's metadata names as checkout_intent_uuid." })
  uuid!: string;

  @Field(() => CheckoutIntentState)
  state!: CheckoutIntentState;

  @Field(() => String, { nullable: true })
  enterpriseName!: string | null;

  @Field(() => String, { nullable: true })
  enterpriseSlug!: string | null;

  @Field(() => ID, { nullable: true })
  enterpriseUuid!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The customer that was given; else that of its earliest event, which stands once one of its links is paid.',
  })
  stripeCustomerId!: string | null;

  @Field(() => Int)
  quantity!: number;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  updatedAt!: Date;
}
