import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { Subscription } from '../../entities/subscription.entity.js';
import { subscriptionConditions } from '../connections/conditions.js';
import { keysets } from '../connections/keyset.js';
import { readPage } from '../connections/page.js';
import type { GraphqlContext } from '../context.js';
import { SubscriptionFilter } from '../inputs/filters.js';
import { PageArgs } from '../inputs/page.args.js';
import { CheckoutIntentType } from '../types/checkout-intent.type.js';
import { InvoiceConnection, RenewalConnection, SubscriptionConnection } from '../types/connections.js';
import { SubscriptionType } from '../types/subscription.type.js';

@Resolver(() => SubscriptionType)
export class SubscriptionResolver {
  @Query(() => SubscriptionType, { nullable: true })
  subscription(@Arg('id', () => ID) id: string, @Ctx() { loaders }: GraphqlContext) {
    return loaders.subscriptionById.load(id);
  }

  @Query(() => SubscriptionConnection, { description: 'Newest first, by when they became known here.' })
  subscriptions(
    @Arg('filter', () => SubscriptionFilter, { nullable: true }) filter: SubscriptionFilter | null,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { em }: GraphqlContext,
  ) {
    return readPage(em(), keysets.subscriptions, { ...page, where: subscriptionConditions(filter ?? {}) });
  }

  @FieldResolver(() => CheckoutIntentType, { nullable: true, description: 'The intent that owns it.' })
  async checkoutIntent(@Root() { checkoutIntent }: Subscription, @Ctx() { loaders }: GraphqlContext) {
    return checkoutIntent === null ? null : loaders.intentById.load(checkoutIntent.id);
  }

  @FieldResolver(() => RenewalConnection, { description: 'Newest first.' })
  renewals(@Root() { id }: Subscription, @Args(() => PageArgs) page: PageArgs, @Ctx() { loaders }: GraphqlContext) {
    return loaders.renewalsOfSubscription.load({ of: id, ...page });
  }

  @FieldResolver(() => InvoiceConnection, { description: 'Newest first.' })
  invoices(@Root() { id }: Subscription, @Args(() => PageArgs) page: PageArgs, @Ctx() { loaders }: GraphqlContext) {
    return loaders.invoicesOfSubscription.load({ of: id, ...page });
  }
}
