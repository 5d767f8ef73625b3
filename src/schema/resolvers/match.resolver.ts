import { Arg, Ctx, Field, FieldResolver, ID, Int, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { GraphqlContext } from '../context.js';
import { LinkInvoiceInput, UnlinkInvoiceInput } from '../inputs/link-invoice.input.js';
import { MatchOutcome } from '../../ledger/records.js';
import { MatchCandidateType, MatchExplanationType } from '../types/match-explanation.type.js';
import { RenewalType } from '../types/renewal.type.js';

@ObjectType({ description: 'What became of it. Linking answers by its outcome, never by an error.' })
class LinkInvoicePayload {
  readonly renewalId!: string | null;

  @Field(() => MatchOutcome)
  outcome!: MatchOutcome;

  @Field(() => MatchExplanationType)
  explanation!: MatchExplanationType;
}

@Resolver(() => LinkInvoicePayload)
export class LinkResolver {
  @Mutation(() => LinkInvoicePayload, {
    description: 'Links by the matching rules, or to the renewal named. Never overwrites a link.',
  })
  linkInvoice(
    @Arg('input', () => LinkInvoiceInput) input: LinkInvoiceInput,
    @Ctx() { ledger, caller }: GraphqlContext,
  ) {
    return ledger.linkInvoice(input, caller.name);
  }

  @Mutation(() => RenewalType, {
    description: 'Takes a wrong link back for good: the rules never make it again. Refused once processing has begun.',
  })
  async unlinkInvoice(
    @Arg('input', () => UnlinkInvoiceInput) input: UnlinkInvoiceInput,
    @Ctx() { ledger, loaders, caller }: GraphqlContext,
  ) {
    return loaders.renewalById.load(await ledger.unlinkInvoice(input, caller.name));
  }

  @FieldResolver(() => RenewalType, {
    nullable: true,
    description: 'The renewal that the invoice is linked to, or in conflict about.',
  })
  async renewal(@Root() { renewalId }: LinkInvoicePayload, @Ctx() { loaders }: GraphqlContext) {
    return renewalId === null ? null : loaders.renewalById.load(renewalId);
  }
}

@Resolver(() => MatchExplanationType)
export class MatchExplanationResolver {
  @Query(() => MatchExplanationType, {
    nullable: true,
    description:
      'Why this invoice is, or is not, linked to a renewal: every candidate with its verdict. Null for an unknown invoice.',
  })
  explainMatch(@Arg('invoiceId', () => ID) invoiceId: string, @Ctx() { ledger }: GraphqlContext) {
    return ledger.explainMatch(invoiceId);
  }

  @FieldResolver(() => RenewalType, { nullable: true })
  async renewal(@Root() { renewalId }: MatchExplanationType, @Ctx() { loaders }: GraphqlContext) {
    return renewalId === null ? null : loaders.renewalById.load(renewalId);
  }
}

const LARGEST_INT = 2 ** 31 - 1;

@Resolver(() => MatchCandidateType)
export class MatchCandidateResolver {
  @FieldResolver(() => Int, {
    nullable: true,
    description: "Whole seconds between the renewal's effective date and the invoice's period start; at most 2^31 - 1.",
  })
  distanceSeconds(@Root() { distanceSeconds }: MatchCandidateType): number | null {
    return distanceSeconds === null ? null : Math.min(Math.round(distanceSeconds), LARGEST_INT);
  }

  @FieldResolver(() => RenewalType)
  renewal(@Root() { renewalId }: MatchCandidateType, @Ctx() { loaders }: GraphqlContext) {
    return loaders.renewalById.load(renewalId);
  }
}
