import { Field, ID, ObjectType } from 'type-graphql';
import { GraphQLDateTime } from './scalars.js';

@ObjectType('HandlerEndpoint', {
  description: 'A sibling service that takes deliveries over HTTP, signed as Standard Webhooks.',
})
export class HandlerEndpointType {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { description: 'Its deliveries stand under endpoint:<name>.' })
  name!: string;

  @Field(() => String)
  url!: string;

  @Field(() => [String], { description: 'Types such as invoice.paid, prefixes such as customer.subscription.*, or *.' })
  eventTypes!: string[];

  @Field(() => Boolean, {
    description: 'While false, events get no delivery for it, and deliveries that it has wait.',
  })
  enabled!: boolean;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

@ObjectType('RegisterHandlerEndpointPayload')
export class RegisterHandlerEndpointPayloadType {
  @Field(() => HandlerEndpointType)
  endpoint!: HandlerEndpointType;

  @Field(() => String, { description: 'Shown this once. Hand it to receive().' })
  secret!: string;
}
