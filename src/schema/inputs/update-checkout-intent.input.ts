import { Field, ID, InputType, Int } from 'type-graphql';
import { CheckoutIntentState } from '../../entities/states.js';
import { IsUuid } from './is-uuid.js';

@InputType({ description: 'What is left out stays; null clears.' })
export class UpdateCheckoutIntentInput {
  @Field(() => ID)
  id!: string;

  @Field(() => CheckoutIntentState, { nullable: true })
  state?: CheckoutIntentState | null;

  @Field(() => String, { nullable: true })
  stripeCustomerId?: string | null;

  @Field(() => String, { nullable: true })
  enterpriseName?: string | null;

  @Field(() => String, { nullable: true })
  enterpriseSlug?: string | null;

  @Field(() => ID, { nullable: true })
  @IsUuid()
  enterpriseUuid?: string | null;

  @Field(() => Int, { nullable: true })
  quantity?: number | null;

  @Field(() => String, { nullable: true, description: 'Kept in the history.' })
  reason?: string | null;
}
