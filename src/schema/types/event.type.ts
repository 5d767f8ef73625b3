import { Field, ID, ObjectType } from 'type-graphql';
import { EventSource, EventState } from '../../entities/states.js';
import { GraphQLDateTime } from './scalars.js';

@ObjectType('Event', {
  description: "Something that happened, stored once: a webhook of Stripe's, or an event that this service raised.",
})
export class EventType {
  @Field(() => ID, { description: "Stripe's id; <type>:<key> for an event of the ledger." })
  id!: string;

  @Field(() => String)
  type!: string;

  @Field(() => EventSource)
  source!: EventSource;

  @Field(() => EventState)
  state!: EventState;

  @Field(() => String, { nullable: true, description: 'No handler for its type, the other mode, a Connect account.' })
  ignoredBecause!: string | null;

  @Field(() => String, { nullable: true })
  apiVersion!: string | null;

  @Field(() => Boolean, { nullable: true })
  livemode!: boolean | null;

  @Field(() => String, { nullable: true, description: 'The Connect account.' })
  account!: string | null;

  @Field(() => GraphQLDateTime, { description: "Stripe's time; the time of receipt where Stripe names none." })
  occurredAt!: Date;

  @Field(() => GraphQLDateTime)
  receivedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true })
  handledAt!: Date | null;

  @Field(() => String, { nullable: true })
  stripeCustomerId!: string | null;

  @Field(() => String, { nullable: true })
  stripeSubscriptionId!: string | null;

  @Field(() => String, { nullable: true })
  stripeInvoiceId!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  payloadErasedAt!: Date | null;
}
