import { Field, ID, Int, ObjectType } from 'type-graphql';
import { BackfillKind, BackfillState } from '../../entities/states.js';
import type { Changes } from '../../entities/record-change.js';
import { GraphQLDateTime, JsonScalar } from './scalars.js';

@ObjectType('Backfill', { description: 'One run that fills what is missing.' })
export class BackfillType {
  @Field(() => ID)
  id!: string;

  @Field(() => BackfillKind)
  kind!: BackfillKind;

  @Field(() => BackfillState)
  state!: BackfillState;

  @Field(() => Boolean, { description: 'It shows what it would change, and changes nothing.' })
  dryRun!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'How many there were to examine when it began; null of STRIPE_EVENTS, and before its first batch.',
  })
  total!: number | null;

  @Field(() => Int)
  examined!: number;

  @Field(() => Int)
  linked!: number;

  @Field(() => Int)
  dated!: number;

  @Field(() => Int, { description: 'Could not be filled, or (STRIPE_EVENTS) were there already.' })
  skipped!: number;

  @Field(() => Int, { description: 'More than one would fit; nothing was guessed.' })
  ambiguous!: number;

  @Field(() => Int)
  failed!: number;

  @Field(() => Int, { description: 'Events that were new (STRIPE_EVENTS).' })
  stored!: number;

  @Field(() => String, { nullable: true })
  lastError!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  undoneAt!: Date | null;

  @Field(() => String)
  startedBy!: string;

  @Field(() => GraphQLDateTime)
  startedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true })
  finishedAt!: Date | null;
}

@ObjectType('BackfillChange', { description: 'What a backfill changed; of a dry run, what it would.' })
export class BackfillChangeType {
  @Field(() => ID, {
    description: 'Of a renewal or an event; of a subscription or an invoice that was asked of Stripe.',
  })
  recordId!: string;

  @Field(() => JsonScalar, { description: 'Field name to [before, after].' })
  changes!: Changes;

  @Field(() => String)
  reason!: string;
}

@ObjectType('BackfillProblem', { description: 'A record that could not be filled.' })
export class BackfillProblemType {
  @Field(() => ID, {
    description: 'Of a renewal or an event; of a subscription or an invoice that was asked of Stripe.',
  })
  recordId!: string;

  @Field(() => String, { description: 'Stable, for programs.' })
  code!: string;

  @Field(() => String, { description: 'For people.' })
  reason!: string;
}
