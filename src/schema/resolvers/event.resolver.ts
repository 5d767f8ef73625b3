import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { Event } from '../../entities/event.entity.js';
import { ApiKeyScope } from '../../entities/states.js';
import { eventConditions } from '../connections/event-conditions.js';
import { keysets } from '../connections/keyset.js';
import { readPage } from '../connections/page.js';
import type { GraphqlContext } from '../context.js';
import { EventFilter } from '../inputs/event.filter.js';
import { PageArgs } from '../inputs/page.args.js';
import { assertScope } from '../scopes.js';
import { CheckoutIntentType } from '../types/checkout-intent.type.js';
import { EventConnection } from '../types/connections.js';
import { DeliveryType } from '../types/delivery.type.js';
import { EventType } from '../types/event.type.js';
import { JsonScalar } from '../types/scalars.js';

@Resolver(() => EventType)
export class EventResolver {
  @Query(() => EventType, { nullable: true })
  event(@Arg('id', () => ID) id: string, @Ctx() { loaders }: GraphqlContext) {
    return loaders.eventById.load(id);
  }

  @Query(() => EventConnection, { description: 'Newest first, by receipt.' })
  events(
    @Arg('filter', () => EventFilter, { nullable: true }) filter: EventFilter | null,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { em }: GraphqlContext,
  ) {
    return readPage(em(), keysets.events, { ...page, where: eventConditions(filter ?? {}) });
  }

  @FieldResolver(() => CheckoutIntentType, {
    nullable: true,
    description: "The intent that a ledger event is about, or that owns the subscription of one of Stripe's.",
  })
  async checkoutIntent(@Root() { checkoutIntentId, stripeSubscriptionId }: Event, @Ctx() { loaders }: GraphqlContext) {
    if (checkoutIntentId !== null) return loaders.intentById.load(checkoutIntentId);
    return stripeSubscriptionId === null ? null : loaders.intentOfSubscription.load(stripeSubscriptionId);
  }

  @FieldResolver(() => [DeliveryType], { description: 'One for each handler.' })
  deliveries(@Root() { id }: Event, @Ctx() { loaders }: GraphqlContext) {
    return loaders.deliveriesOfEvent.load(id);
  }

  @FieldResolver(() => JsonScalar, {
    nullable: true,
    description: 'Needs the scope admin: payloads hold personal data. Null once erased.',
  })
  payload(@Root() { id }: Event, @Ctx() { loaders, caller }: GraphqlContext) {
    assertScope(caller, ApiKeyScope.admin);
    return loaders.payloadOfEvent.load(id);
  }
}
