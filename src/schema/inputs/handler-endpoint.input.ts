import { Field, ID, InputType } from 'type-graphql';

@InputType()
export class RegisterHandlerEndpointInput {
  @Field(() => String, { description: 'Letters, digits, dots, dashes and underscores, 63 at most.' })
  name!: string;

  @Field(() => String, {
    description:
      'https, and on the public Internet, unless the service allows private endpoints. Redirects are not followed.',
  })
  url!: string;

  @Field(() => [String], { description: 'Types such as invoice.paid, prefixes such as customer.subscription.*, or *.' })
  eventTypes!: string[];
}

@InputType({ description: 'What is left out stays; nothing here can be cleared.' })
export class UpdateHandlerEndpointInput {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { nullable: true })
  url?: string | null;

  @Field(() => [String], { nullable: true })
  eventTypes?: string[] | null;

  @Field(() => Boolean, { nullable: true })
  enabled?: boolean | null;
}
