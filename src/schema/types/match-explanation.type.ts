import { Field, ID, ObjectType } from 'type-graphql';
import { MatchOutcome } from '../../ledger/records.js';
import { GraphQLDateTime } from './scalars.js';

@ObjectType('MatchCandidate', { description: 'A renewal that the invoice could pay for, and why it does or does not.' })
export class MatchCandidateType {
  readonly renewalId!: string;
  readonly distanceSeconds!: number | null;

  @Field(() => Boolean)
  accepted!: boolean;

  @Field(() => String, { description: 'Stable, for programs: ACCEPTED, OUT_OF_TOLERANCE, TIE and the like.' })
  code!: string;

  @Field(() => String, { description: 'For people.' })
  reason!: string;
}

@ObjectType('MatchExplanation', {
  description: 'Why an invoice is, or is not, linked to a renewal: every candidate with its verdict.',
})
export class MatchExplanationType {
  readonly renewalId!: string | null;

  @Field(() => ID)
  invoiceId!: string;

  @Field(() => MatchOutcome)
  outcome!: MatchOutcome;

  @Field(() => String, { description: 'Stable, for programs: ELIGIBLE, PRORATION_ONLY, PLAN_CHANGE and the like.' })
  code!: string;

  @Field(() => String, { description: 'For people.' })
  reason!: string;

  @Field(() => GraphQLDateTime, { nullable: true })
  periodStart!: Date | null;

  @Field(() => [MatchCandidateType])
  candidates!: readonly MatchCandidateType[];
}
