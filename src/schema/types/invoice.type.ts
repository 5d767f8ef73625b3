import { Field, ID, ObjectType } from 'type-graphql';
import { GraphQLDateTime, SafeIntScalar } from './scalars.js';

@ObjectType('Invoice', { description: 'The latest known state of a Stripe invoice.' })
export class InvoiceType {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { nullable: true })
  stripeSubscriptionId!: string | null;

  @Field(() => String, { nullable: true })
  stripeCustomerId!: string | null;

  @Field(() => String, { nullable: true, description: 'draft, open, uncollectible, void, deleted or paid.' })
  status!: string | null;

  @Field(() => String, { nullable: true, description: "As Stripe names it; subscription_cycle is a renewal's." })
  billingReason!: string | null;

  @Field(() => String, { nullable: true })
  currency!: string | null;

  @Field(() => SafeIntScalar, { nullable: true, description: "In the currency's minor unit." })
  total!: number | null;

  @Field(() => SafeIntScalar, { nullable: true, description: "In the currency's minor unit." })
  amountPaid!: number | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description:
      "The start of the billing cycle that the invoice charges for, from its subscription lines. Not Stripe's invoice.period_start.",
  })
  periodStart!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description:
      "The end of the billing cycle that the invoice charges for, from its subscription lines. Not Stripe's invoice.period_end.",
  })
  periodEnd!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  paidAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Stripe's time; the first receipt where Stripe names none.",
  })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Stripe's time of the event that this state was read from.",
  })
  asOf!: Date | null;
}
