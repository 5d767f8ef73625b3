import { Field, ObjectType, type ClassType } from 'type-graphql';
import type { Page } from '../connections/page.js';
import { BackfillChangeType, BackfillProblemType, BackfillType } from './backfill.type.js';
import { CheckoutIntentType } from './checkout-intent.type.js';
import { EventType } from './event.type.js';
import { InvoiceType } from './invoice.type.js';
import { PageInfoType } from './page-info.type.js';
import { RenewalType } from './renewal.type.js';
import { SubscriptionType } from './subscription.type.js';

export const CheckoutIntentConnection = connectionOf('CheckoutIntent', CheckoutIntentType);
export const RenewalConnection = connectionOf('Renewal', RenewalType);
export const SubscriptionConnection = connectionOf('StripeSubscription', SubscriptionType);
export const InvoiceConnection = connectionOf('Invoice', InvoiceType);
export const EventConnection = connectionOf('Event', EventType);
export const BackfillConnection = connectionOf('Backfill', BackfillType);
export const BackfillChangeConnection = connectionOf('BackfillChange', BackfillChangeType);
export const BackfillProblemConnection = connectionOf('BackfillProblem', BackfillProblemType);

/** The types `<name>Connection` and `<name>Edge`. */
function connectionOf<Node extends object>(name: string, node: ClassType<Node>): ClassType<Page<Node>> {
  @ObjectType(`${name}Edge`)
  class Edge {
    @Field(() => String)
    cursor!: string;

    @Field(() => node)
    node!: Node;
  }

  @ObjectType(`${name}Connection`)
  class Connection implements Page<Node> {
    @Field(() => [Edge])
    edges!: Edge[];

    @Field(() => [node], { description: "The edges' nodes." })
    nodes!: Node[];

    @Field(() => PageInfoType)
    pageInfo!: PageInfoType;
  }
  return Connection;
}
