import { Field, ID, ObjectType } from 'type-graphql';
import { LinkedBy, RenewalState } from '../../entities/states.js';
import { GraphQLDateTime } from './scalars.js';

@ObjectType('Renewal', { description: 'One expected renewal of a subscription, and the invoice that pays for it.' })
export class RenewalType {
  @Field(() => ID)
  id!: string;

  @Field(() => RenewalState)
  state!: RenewalState;

  @Field(() => String, { description: 'The id that the service which plans renewals gave it. Unique.' })
  subscriptionPlanRenewalId!: string;

  @Field(() => ID, { nullable: true })
  priorSubscriptionPlanUuid!: string | null;

  @Field(() => ID, { nullable: true })
  renewedSubscriptionPlanUuid!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The one that was given; else the checkout intent's earliest subscription that had not ended by the renewal's date.",
  })
  stripeSubscriptionId!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description:
      'UTC. When the renewal takes effect: the end of the previous billing period; the date given, carried along when Stripe moves it.',
  })
  effectiveDate!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'The date as it was given, before any move.' })
  givenDate!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'The invoice that pays for it: at most one, and for no other renewal.',
  })
  stripeInvoiceId!: string | null;

  @Field(() => LinkedBy, { nullable: true })
  linkedBy!: LinkedBy | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  processedAt!: Date | null;

  @Field(() => Boolean, { description: 'By hand, or because its subscription ends at or before the effective date.' })
  isCanceled!: boolean;

  @Field(() => Boolean)
  canceledByHand!: boolean;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When its subscription ends, or ended.' })
  subscriptionCancelAt!: Date | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  updatedAt!: Date;
}
