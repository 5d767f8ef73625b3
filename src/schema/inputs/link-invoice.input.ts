import { Field, ID, InputType } from 'type-graphql';

@InputType()
export class LinkInvoiceInput {
  @Field(() => ID)
  invoiceId!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'Leave out to let the matching rules choose. A named renewal may take an invoice that they refuse, or that is not known yet.',
  })
  renewalId?: string | null;
}

@InputType()
export class UnlinkInvoiceInput {
  @Field(() => ID)
  renewalId!: string;

  @Field(() => String, { description: 'Kept in the history.' })
  reason!: string;
}
