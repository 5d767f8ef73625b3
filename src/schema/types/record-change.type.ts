import { Field, ObjectType } from 'type-graphql';
import type { Changes } from '../../entities/record-change.js';
import { GraphQLDateTime, JsonScalar } from './scalars.js';

@ObjectType('RecordChange', {
  description: 'One change of a record: who made it, why, and what it was before and after.',
})
export class RecordChangeType {
  @Field(() => GraphQLDateTime)
  at!: Date;

  @Field(() => String, {
    description: "The event, the API key's name, the backfill or the migration that made the change.",
  })
  by!: string;

  @Field(() => String, { nullable: true })
  reason!: string | null;

  @Field(() => JsonScalar, { description: 'Field name to [before, after].' })
  changes!: Changes;
}
