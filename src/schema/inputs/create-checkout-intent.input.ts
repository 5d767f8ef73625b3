import { Field, ID, InputType, Int } from 'type-graphql';
import { CheckoutIntentState } from '../../entities/states.js';
import { IsUuid } from './is-uuid.js';

@InputType()
export class CreateCheckoutIntentInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Made up where it is left out. A repeat with it answers the present row.',
  })
  @IsUuid()
  uuid?: string | null;

  @Field(() => String, { nullable: true })
  enterpriseName?: string | null;

  @Field(() => String, { nullable: true })
  enterpriseSlug?: string | null;

  @Field(() => ID, { nullable: true })
  @IsUuid()
  enterpriseUuid?: string | null;

  @Field(() => String, { nullable: true, description: "Left out, it becomes that of the intent's earliest event." })
  stripeCustomerId?: string | null;

  @Field(() => Int, { defaultValue: 1 })
  quantity!: number;

  @Field(() => CheckoutIntentState, { defaultValue: CheckoutIntentState.CREATED })
  state!: CheckoutIntentState;
}
