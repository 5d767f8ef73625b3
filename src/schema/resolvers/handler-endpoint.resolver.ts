import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { ApiKeyScope } from '../../entities/states.js';
import type { EndpointRegistry } from '../../events/endpoints/endpoint-registry.js';
import type { GraphqlContext } from '../context.js';
import { RegisterHandlerEndpointInput, UpdateHandlerEndpointInput } from '../inputs/handler-endpoint.input.js';
import { assertScope } from '../scopes.js';
import { HandlerEndpointType, RegisterHandlerEndpointPayloadType } from '../types/handler-endpoint.type.js';

@Resolver(() => HandlerEndpointType)
export class HandlerEndpointResolver {
  @Query(() => [HandlerEndpointType], { description: 'By name. Needs the scope admin.' })
  async handlerEndpoints(@Ctx() context: GraphqlContext) {
    return endpointsFor(context).list();
  }

  @Mutation(() => RegisterHandlerEndpointPayloadType, {
    description: 'Needs the scope admin. The secret is shown this once.',
  })
  async registerHandlerEndpoint(
    @Arg('input', () => RegisterHandlerEndpointInput) input: RegisterHandlerEndpointInput,
    @Ctx() context: GraphqlContext,
  ) {
    return endpointsFor(context).register(input);
  }

  @Mutation(() => HandlerEndpointType, { description: 'Needs the scope admin.' })
  async updateHandlerEndpoint(
    @Arg('input', () => UpdateHandlerEndpointInput) input: UpdateHandlerEndpointInput,
    @Ctx() context: GraphqlContext,
  ) {
    return endpointsFor(context).update(input);
  }

  @Mutation(() => RegisterHandlerEndpointPayloadType, {
    description: 'Needs the scope admin. The old secret goes on signing too for 24 hours.',
  })
  async rotateHandlerEndpointSecret(@Arg('id', () => ID) id: string, @Ctx() context: GraphqlContext) {
    return endpointsFor(context).rotateSecret(id);
  }

  @Mutation(() => ID, { description: 'Needs the scope admin. Unfinished deliveries are skipped after an hour.' })
  async removeHandlerEndpoint(@Arg('id', () => ID) id: string, @Ctx() context: GraphqlContext) {
    await endpointsFor(context).remove(id);
    return id;
  }
}

/** Whoever registers an endpoint is sent what events hold. */
function endpointsFor({ caller, endpoints }: GraphqlContext): EndpointRegistry {
  assertScope(caller, ApiKeyScope.admin);
  return endpoints;
}
