import { Field, ID, InputType } from 'type-graphql';
import { DeliveryState, EventSource, EventState } from '../../entities/states.js';
import { GraphQLDateTime } from '../types/scalars.js';

@InputType({ description: 'All that is given must hold. An empty list matches nothing.' })
export class EventFilter {
  @Field(() => [String], { nullable: true })
  type?: string[] | null;

  @Field(() => EventSource, { nullable: true })
  source?: EventSource | null;

  @Field(() => [EventState], { nullable: true })
  state?: EventState[] | null;

  @Field(() => String, { nullable: true })
  stripeSubscriptionId?: string | null;

  @Field(() => String, { nullable: true })
  stripeInvoiceId?: string | null;

  @Field(() => String, { nullable: true })
  stripeCustomerId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "The intent's own events, and those of its subscriptions that name no intent.",
  })
  checkoutIntentId?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'At this time or later.' })
  occurredFrom?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Before this time.' })
  occurredTo?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'At this time or later.' })
  receivedFrom?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Before this time.' })
  receivedTo?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Events of which this handler has a delivery (in deliveryState, if given).',
  })
  handler?: string | null;

  @Field(() => [DeliveryState], {
    nullable: true,
    description: 'Events of which a delivery is in one of these states.',
  })
  deliveryState?: DeliveryState[] | null;
}
