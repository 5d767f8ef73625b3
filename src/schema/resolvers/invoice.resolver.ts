import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { Invoice } from '../../entities/invoice.entity.js';
import { invoiceConditions, unmatchedConditions } from '../connections/conditions.js';
import { keysets } from '../connections/keyset.js';
import { readPage } from '../connections/page.js';
import type { GraphqlContext } from '../context.js';
import { InvoiceFilter } from '../inputs/filters.js';
import { PageArgs } from '../inputs/page.args.js';
import { InvoiceConnection } from '../types/connections.js';
import { InvoiceType } from '../types/invoice.type.js';
import { RenewalType } from '../types/renewal.type.js';

@Resolver(() => InvoiceType)
export class InvoiceResolver {
  @Query(() => InvoiceType, { nullable: true })
  invoice(@Arg('id', () => ID) id: string, @Ctx() { loaders }: GraphqlContext) {
    return loaders.invoiceById.load(id);
  }

  @Query(() => InvoiceConnection, { description: "Newest first, by Stripe's time of creation." })
  invoices(
    @Arg('filter', () => InvoiceFilter, { nullable: true }) filter: InvoiceFilter | null,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { em }: GraphqlContext,
  ) {
    return readPage(em(), keysets.invoices, { ...page, where: invoiceConditions(filter ?? {}) });
  }

  @Query(() => InvoiceConnection, {
    description: 'Subscription-cycle invoices that no renewal has been linked to, newest first. explainMatch says why.',
  })
  unmatchedInvoices(@Args(() => PageArgs) page: PageArgs, @Ctx() { em }: GraphqlContext) {
    return readPage(em(), keysets.invoices, { ...page, where: unmatchedConditions });
  }

  @FieldResolver(() => RenewalType, { nullable: true, description: 'The renewal that it pays for.' })
  renewal(@Root() { id }: Invoice, @Ctx() { loaders }: GraphqlContext) {
    return loaders.renewalByInvoiceId.load(id);
  }
}
