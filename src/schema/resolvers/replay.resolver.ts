import { sql } from 'kysely';
import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import { ApiKeyScope } from '../../entities/states.js';
import { BadInputError } from '../../errors.js';
import { eventConditions } from '../connections/event-conditions.js';
import { keysets, orderOf } from '../connections/keyset.js';
import type { GraphqlContext } from '../context.js';
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
    const ids = await idsOf(input, context);
    const { handler, force } = input;
    return context.replayEvents({ ids, force, ...(typeof handler === 'string' && { handler }) });
  }
}

/** The ids that are named, or the newest that the filter finds; with both, those named that it finds. */
async function idsOf({ ids, filter, limit }: ReplayEventsInput, { em }: GraphqlContext): Promise<readonly string[]> {
  if (filter === null || filter === undefined) {
    if (ids === null || ids === undefined)
      throw new BadInputError('Give ids or filter: which events are to be replayed?');
    return [...new Set(ids)];
  }
  const named = ids === null || ids === undefined ? [] : [sql`event.id = any(${[...new Set(ids)]}::text[])`];
  const conditions = sql.join([sql`true`, ...named, ...eventConditions(filter)], sql` and `);
  const { rows } = await sql<{ id: string }>`
    select event.id from event where ${conditions} order by ${orderOf(keysets.events)} limit ${limit}`.execute(
    em().getKysely(),
  );
  return rows.map((row) => row.id);
}
