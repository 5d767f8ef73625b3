import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { CheckoutIntent } from '../../entities/checkout-intent.entity.js';
import { intentConditions } from '../connections/conditions.js';
import { keysets } from '../connections/keyset.js';
import { readPage } from '../connections/page.js';
import type { GraphqlContext } from '../context.js';
import { isRecordId, isUuid } from '../ids.js';
import { CreateCheckoutIntentInput } from '../inputs/create-checkout-intent.input.js';
import { CheckoutIntentFilter } from '../inputs/filters.js';
import { PageArgs } from '../inputs/page.args.js';
import { UpdateCheckoutIntentInput } from '../inputs/update-checkout-intent.input.js';
import { CheckoutIntentType } from '../types/checkout-intent.type.js';
import { CheckoutIntentConnection, RenewalConnection, SubscriptionConnection } from '../types/connections.js';
import { RecordChangeType } from '../types/record-change.type.js';
import { theOneKey } from './the-one-key.js';

@ArgsType()
class CheckoutIntentKey {
  @Field(() => ID, { nullable: true })
  id?: string | null;

  @Field(() => ID, { nullable: true })
  uuid?: string | null;
}

@Resolver(() => CheckoutIntentType)
export class CheckoutIntentResolver {
  @Query(() => CheckoutIntentType, { nullable: true, description: 'By exactly one key; null where there is none.' })
  async checkoutIntent(@Args(() => CheckoutIntentKey) keys: CheckoutIntentKey, @Ctx() { loaders }: GraphqlContext) {
    const [name, key] = theOneKey({ id: keys.id, uuid: keys.uuid });
    if (name === 'id') return isRecordId(key) ? loaders.intentById.load(key) : null;
    return isUuid(key) ? loaders.intentByUuid.load(key.toLowerCase()) : null;
  }

  @Query(() => CheckoutIntentConnection, { description: 'Newest first.' })
  checkoutIntents(
    @Arg('filter', () => CheckoutIntentFilter, { nullable: true }) filter: CheckoutIntentFilter | null,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { em }: GraphqlContext,
  ) {
    return readPage(em(), keysets.checkoutIntents, { ...page, where: intentConditions(filter ?? {}) });
  }

  @Mutation(() => CheckoutIntentType, {
    description:
      'Idempotent by uuid: a repeat answers the present row. Finds the facts that named it before it existed.',
  })
  async createCheckoutIntent(
    @Arg('input', () => CreateCheckoutIntentInput) input: CreateCheckoutIntentInput,
    @Ctx() { ledger, loaders, caller }: GraphqlContext,
  ) {
    return loaders.intentById.load(await ledger.createCheckoutIntent(input, caller.name));
  }

  @Mutation(() => CheckoutIntentType, { description: 'Refuses a transition that the state machine does not have.' })
  async updateCheckoutIntent(
    @Arg('input', () => UpdateCheckoutIntentInput) input: UpdateCheckoutIntentInput,
    @Ctx() { ledger, loaders, caller }: GraphqlContext,
  ) {
    return loaders.intentById.load(await ledger.updateCheckoutIntent(input, caller.name));
  }

  @FieldResolver(() => RenewalConnection, { description: 'Newest first.' })
  renewals(@Root() intent: CheckoutIntent, @Args(() => PageArgs) page: PageArgs, @Ctx() { loaders }: GraphqlContext) {
    return loaders.renewalsOfIntent.load({ of: intent.id, ...page });
  }

  @FieldResolver(() => SubscriptionConnection, { description: 'Newest first.' })
  subscriptions(
    @Root() intent: CheckoutIntent,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders }: GraphqlContext,
  ) {
    return loaders.subscriptionsOfIntent.load({ of: intent.id, ...page });
  }

  @FieldResolver(() => [RecordChangeType], { description: 'Oldest first.' })
  history(@Root() intent: CheckoutIntent, @Ctx() { loaders }: GraphqlContext) {
    return loaders.historyOfIntent.load(intent.id);
  }
}
