import { Field, Int, ObjectType } from 'type-graphql';
import { EventState, RenewalState } from '../../entities/states.js';
import { GraphQLDateTime } from './scalars.js';

@ObjectType('EventStateCount')
export class EventStateCountType {
  @Field(() => EventState)
  state!: EventState;

  @Field(() => Int)
  count!: number;
}

@ObjectType('RenewalStateCount')
export class RenewalStateCountType {
  @Field(() => RenewalState)
  state!: RenewalState;

  @Field(() => Int)
  count!: number;
}

@ObjectType('EventGap', { description: 'A time of which events may be missing.' })
export class EventGapType {
  @Field(() => GraphQLDateTime)
  from!: Date;

  @Field(() => GraphQLDateTime)
  to!: Date;
}

@ObjectType('Overview', { description: 'Counts for a dashboard, and what needs a person.' })
export class OverviewType {
  @Field(() => [EventStateCountType], { description: 'Unfinished states only: finished ones are too many to count.' })
  eventsByState!: EventStateCountType[];

  @Field(() => [RenewalStateCountType])
  renewalsByState!: RenewalStateCountType[];

  @Field(() => Int)
  unmatchedInvoices!: number;

  @Field(() => Int, { description: 'Past their effective date with no invoice.' })
  overdueRenewals!: number;

  @Field(() => Int)
  deadDeliveries!: number;

  @Field(() => Int, { description: 'Zero where nothing is pending.' })
  oldestPendingSeconds!: number;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description:
      'Every event of the handled types up to this time is known to be stored, but for gaps that Stripe can fill no more; null until a sync has run.',
  })
  completeUntil!: Date | null;

  @Field(() => [EventGapType], {
    description: 'Times of which events may be missing: a sync broke off, or Stripe kept them no longer.',
  })
  gaps!: EventGapType[];

  @Field(() => Int, { description: 'attention.needed events of the last 30 days.' })
  attention!: number;
}
