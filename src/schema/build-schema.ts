import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { checkInput } from './inputs/check-input.js';
import { BackfillResolver } from './resolvers/backfill.resolver.js';
import { CheckoutIntentResolver } from './resolvers/checkout-intent.resolver.js';
import { EventResolver } from './resolvers/event.resolver.js';
import { HandlerEndpointResolver } from './resolvers/handler-endpoint.resolver.js';
import { InvoiceResolver } from './resolvers/invoice.resolver.js';
import { LinkResolver, MatchCandidateResolver, MatchExplanationResolver } from './resolvers/match.resolver.js';
import { OverviewResolver } from './resolvers/overview.resolver.js';
import { RenewalResolver } from './resolvers/renewal.resolver.js';
import { ReplayResolver } from './resolvers/replay.resolver.js';
import { SubscriptionResolver } from './resolvers/subscription.resolver.js';
import { requireWriteOfMutations } from './scopes.js';
import './types/enums.js';

/** The whole schema, from the classes of types/, inputs/ and resolvers/. */
export function createSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      BackfillResolver,
      CheckoutIntentResolver,
      EventResolver,
      HandlerEndpointResolver,
      InvoiceResolver,
      LinkResolver,
      MatchCandidateResolver,
      MatchExplanationResolver,
      OverviewResolver,
      RenewalResolver,
      ReplayResolver,
      SubscriptionResolver,
    ],
    validateFn: checkInput,
  });
  return requireWriteOfMutations(schema);
}
