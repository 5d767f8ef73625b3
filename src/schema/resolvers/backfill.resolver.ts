import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Max, Min } from 'class-validator';
import type { Backfills } from '../../backfill/backfills.js';
import type { Backfill } from '../../entities/backfill.entity.js';
import { ApiKeyScope } from '../../entities/states.js';
import { keysets } from '../connections/keyset.js';
import { readPage } from '../connections/page.js';
import type { GraphqlContext } from '../context.js';
import { isRecordId } from '../ids.js';
import { BackfillInput } from '../inputs/backfill.input.js';
import { LARGEST_PAGE, PageArgs } from '../inputs/page.args.js';
import { assertScope } from '../scopes.js';
import { BackfillType } from '../types/backfill.type.js';
import { BackfillChangeConnection, BackfillConnection, BackfillProblemConnection } from '../types/connections.js';

const message = `first must be from 1 to ${LARGEST_PAGE}.`;

@ArgsType()
class BackfillPageArgs {
  @Field(() => Int, { defaultValue: 20, description: 'From 1 to 100.' })
  @Min(1, { message })
  @Max(LARGEST_PAGE, { message })
  first!: number;

  @Field(() => String, { nullable: true, description: 'A cursor of this list: the page starts behind it.' })
  after?: string | null;
}

@Resolver(() => BackfillType)
export class BackfillResolver {
  @Query(() => BackfillType, { nullable: true })
  async backfill(@Arg('id', () => ID) id: string, @Ctx() { loaders }: GraphqlContext) {
    return isRecordId(id) ? loaders.backfillById.load(id) : null;
  }

  @Query(() => BackfillConnection, { description: 'Newest first.' })
  backfills(@Args(() => BackfillPageArgs) page: BackfillPageArgs, @Ctx() { em }: GraphqlContext) {
    return readPage(em(), keysets.backfills, { ...page, where: [] });
  }

  @Mutation(() => BackfillType, {
    description:
      'Needs the scope admin. While one of the same kind, scope and dryRun runs, that one is returned. A worker runs it.',
  })
  async startBackfill(@Arg('input', () => BackfillInput) input: BackfillInput, @Ctx() context: GraphqlContext) {
    return context.loaders.backfillById.load(await backfillsFor(context).start(input, context.caller.name));
  }

  @Mutation(() => BackfillType, {
    description: 'Needs the scope admin. What its batches have done stands; one that has ended stays as it is.',
  })
  async cancelBackfill(@Arg('id', () => ID) id: string, @Ctx() context: GraphqlContext) {
    return context.loaders.backfillById.load(await backfillsFor(context).cancel(id));
  }

  @Mutation(() => BackfillType, {
    description:
      'Needs the scope admin. Takes back the links and dates that a run filled in and that nothing has built on since.',
  })
  async undoBackfill(@Arg('id', () => ID) id: string, @Ctx() context: GraphqlContext) {
    return context.loaders.backfillById.load(await backfillsFor(context).undo(id, context.caller.name));
  }

  @FieldResolver(() => BackfillChangeConnection, { description: 'What was changed; for a dry run, what would be.' })
  changes(@Root() { id }: Backfill, @Args(() => PageArgs) page: PageArgs, @Ctx() { loaders }: GraphqlContext) {
    return loaders.changesOfBackfill.load({ ...page, of: id });
  }

  @FieldResolver(() => BackfillProblemConnection, {
    description: 'Records that could not be filled, each with its reason.',
  })
  problems(@Root() { id }: Backfill, @Args(() => PageArgs) page: PageArgs, @Ctx() { loaders }: GraphqlContext) {
    return loaders.problemsOfBackfill.load({ ...page, of: id });
  }
}

function backfillsFor({ caller, backfills }: GraphqlContext): Backfills {
  assertScope(caller, ApiKeyScope.admin);
  return backfills;
}
