import { Max, Min } from 'class-validator';
import { ArgsType, Field, Int } from 'type-graphql';

export const LARGEST_PAGE = 100;
const message = `first must be from 1 to ${LARGEST_PAGE}.`;

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: 50, description: 'From 1 to 100.' })
  @Min(1, { message })
  @Max(LARGEST_PAGE, { message })
  first!: number;

  @Field(() => String, { nullable: true, description: 'A cursor of this list: the page starts behind it.' })
  after?: string | null;
}
