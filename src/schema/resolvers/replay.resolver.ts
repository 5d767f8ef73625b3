import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import { ApiKeyScope } from '../../entities/states.js';
import type { GraphqlContext } from '../context.js';
import { findEventIds } from '../find-event-ids.js';
import { ReplayEventsInput } from '../inputs/replay-events.input.js';
import { assertScope } from '../scopes.js';

@ObjectType({ description: 'An event whose body is erased, or that is not there.' })
class ReplayRefusal {
  @Field(() => ID)
  eventId!: string;

  @Field(() => String)
  reason!: string;
}

@ObjectType()
class ReplayEventsPayload {
  @Field(() => Int)
  replayed!: number;

  @Field(() => [ReplayRefusal])
  refused!: readonly ReplayRefusal[];
}

@Resolver()
export class ReplayResolver {
  @Mutation(() => ReplayEventsPayload, {
    description:
      'Runs stored events through their handlers again. Handlers that finished are left alone unless force is true (scope admin).',
  })
  async replayEvents(@Arg('input', () => ReplayEventsInput) input: ReplayEventsInput, @Ctx() context: GraphqlContext) {
    if (input.force) assertScope(context.caller, ApiKeyScope.admin);
    const ids = await findEventIds(context.em().getKysely(), input);
    const { handler, force } = input;
    return context.replayEvents({ ids, force, ...(typeof handler === 'string' && { handler }) });
  }
}
