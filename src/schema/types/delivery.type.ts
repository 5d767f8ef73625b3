import { Field, Int, ObjectType } from 'type-graphql';
import { DeliveryState } from '../../entities/states.js';
import { GraphQLDateTime } from './scalars.js';

@ObjectType('Delivery', { description: "One handler's run of one event." })
export class DeliveryType {
  @Field(() => String, { description: 'Class.method, or endpoint:<name>.' })
  handler!: string;

  @Field(() => DeliveryState)
  state!: DeliveryState;

  @Field(() => Int)
  tries!: number;

  @Field(() => String, {
    nullable: true,
    description: 'invoice:<id>, subscription:<id>, renewal:<id> or link:<invoice id>.',
  })
  waitingFor!: string | null;

  @Field(() => String, { nullable: true })
  lastError!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  nextTryAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  finishedAt!: Date | null;
}
