import { ArrayMaxSize, Max, Min } from 'class-validator';
import { Field, ID, InputType, Int } from 'type-graphql';
import { EventFilter } from './event.filter.js';

const MOST = 10_000;
const limitMessage = `limit must be from 1 to ${MOST}.`;

@InputType({ description: 'One of ids and filter is needed.' })
export class ReplayEventsInput {
  @Field(() => [ID], { nullable: true })
  @ArrayMaxSize(MOST, { message: `ids must hold at most ${MOST} ids.` })
  ids?: string[] | null;

  @Field(() => EventFilter, { nullable: true })
  filter?: EventFilter | null;

  @Field(() => String, { nullable: true, description: "Only this handler's deliveries." })
  handler?: string | null;

  @Field(() => Int, { defaultValue: 1000, description: "How many of the filter's events at most, newest first." })
  @Min(1, { message: limitMessage })
  @Max(MOST, { message: limitMessage })
  limit!: number;

  @Field(() => Boolean, { defaultValue: false, description: 'Also deliveries that are DONE. Needs the scope admin.' })
  force!: boolean;
}
