import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Renewal } from '../../entities/renewal.entity.js';
import { renewalConditions } from '../connections/conditions.js';
import { keysets } from '../connections/keyset.js';
import { readPage } from '../connections/page.js';
import type { GraphqlContext } from '../context.js';
import { isRecordId } from '../ids.js';
import { CreateRenewalInput } from '../inputs/create-renewal.input.js';
import { RenewalFilter } from '../inputs/filters.js';
import { PageArgs } from '../inputs/page.args.js';
import { UpdateRenewalInput } from '../inputs/update-renewal.input.js';
import { CheckoutIntentType } from '../types/checkout-intent.type.js';
import { RenewalConnection } from '../types/connections.js';
import { InvoiceType } from '../types/invoice.type.js';
import { RecordChangeType } from '../types/record-change.type.js';
import { RenewalType } from '../types/renewal.type.js';
import { SubscriptionType } from '../types/subscription.type.js';
import { theOneKey } from './the-one-key.js';

@ArgsType()
class RenewalKey {
  @Field(() => ID, { nullable: true })
  id?: string | null;

  @Field(() => String, { nullable: true })
  stripeInvoiceId?: string | null;

  @Field(() => String, { nullable: true })
  subscriptionPlanRenewalId?: string | null;
}

@Resolver(() => RenewalType)
export class RenewalResolver {
  @Query(() => RenewalType, { nullable: true, description: 'By exactly one key; null where there is none.' })
  async renewal(@Args(() => RenewalKey) keys: RenewalKey, @Ctx() { loaders }: GraphqlContext) {
    const { id, stripeInvoiceId, subscriptionPlanRenewalId } = keys;
    const [name, key] = theOneKey({ id, stripeInvoiceId, subscriptionPlanRenewalId });
    if (name === 'id') return isRecordId(key) ? loaders.renewalById.load(key) : null;
    return (name === 'stripeInvoiceId' ? loaders.renewalByInvoiceId : loaders.renewalByPlanRenewalId).load(key);
  }

  @Query(() => RenewalConnection, { description: 'Newest first.' })
  renewals(
    @Arg('filter', () => RenewalFilter, { nullable: true }) filter: RenewalFilter | null,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { em, clock }: GraphqlContext,
  ) {
    return readPage(em(), keysets.renewals, { ...page, where: renewalConditions(filter ?? {}, clock.now()) });
  }

  @Mutation(() => RenewalType, {
    description:
      'Idempotent by subscriptionPlanRenewalId: a repeat answers the present row. Settles, and with that wakes what waited.',
  })
  async createRenewal(
    @Arg('input', () => CreateRenewalInput) input: CreateRenewalInput,
    @Ctx() { ledger, loaders, caller }: GraphqlContext,
  ) {
    return loaders.renewalById.load(await ledger.createRenewal(input, caller.name));
  }

  @Mutation(() => RenewalType)
  async updateRenewal(
    @Arg('input', () => UpdateRenewalInput) input: UpdateRenewalInput,
    @Ctx() { ledger, loaders, caller }: GraphqlContext,
  ) {
    return loaders.renewalById.load(await ledger.updateRenewal(input, caller.name));
  }

  @Mutation(() => RenewalType, {
    description: 'For a service that processes renewals itself. Refused unless its invoice is paid.',
  })
  async markRenewalProcessed(
    @Arg('renewalId', () => ID) renewalId: string,
    @Ctx() { ledger, loaders, caller }: GraphqlContext,
  ) {
    return loaders.renewalById.load(await ledger.markRenewalProcessed(renewalId, caller.name));
  }

  @FieldResolver(() => CheckoutIntentType)
  checkoutIntent(@Root() renewal: Renewal, @Ctx() { loaders }: GraphqlContext) {
    return loaders.intentById.load(renewal.checkoutIntent.id);
  }

  @FieldResolver(() => InvoiceType, {
    nullable: true,
    description: 'Null where nothing is linked, or its facts have not arrived.',
  })
  async invoice(@Root() { stripeInvoiceId }: Renewal, @Ctx() { loaders }: GraphqlContext) {
    return stripeInvoiceId === null ? null : loaders.invoiceById.load(stripeInvoiceId);
  }

  @FieldResolver(() => SubscriptionType, { nullable: true })
  async subscription(@Root() { stripeSubscriptionId }: Renewal, @Ctx() { loaders }: GraphqlContext) {
    return stripeSubscriptionId === null ? null : loaders.subscriptionById.load(stripeSubscriptionId);
  }

  @FieldResolver(() => [RecordChangeType], { description: 'Oldest first.' })
  history(@Root() renewal: Renewal, @Ctx() { loaders }: GraphqlContext) {
    return loaders.historyOfRenewal.load(renewal.id);
  }
}
