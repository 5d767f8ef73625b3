import type { EntityManager } from '@mikro-orm/postgresql';
import { Ctx, Query, Resolver } from 'type-graphql';
import { readCoverage } from '../../backfill/event-spans.js';
import { EventState, RenewalState } from '../../entities/states.js';
import type { GraphqlContext } from '../context.js';
import { OverviewType } from '../types/overview.type.js';

const UNFINISHED = [EventState.PENDING, EventState.WAITING, EventState.RETRYING, EventState.DEAD];

interface Counts {
  readonly events: Readonly<Record<string, number>>;
  readonly renewals: Readonly<Record<string, number>>;
  readonly unmatchedInvoices: number;
  readonly overdueRenewals: number;
  readonly deadDeliveries: number;
  readonly oldestPendingSeconds: number;
  readonly attention: number;
}

@Resolver(() => OverviewType)
export class OverviewResolver {
  @Query(() => OverviewType, { nullable: true, description: 'Counts for a dashboard, and what needs a person.' })
  async overview(@Ctx() { em, clock }: GraphqlContext): Promise<OverviewType> {
    const { events, renewals, ...counts } = await readCounts(em());
    const { completeUntil, gaps } = await readCoverage(em(), clock.now());
    return {
      ...counts,
      eventsByState: UNFINISHED.map((state) => ({ state, count: events[state] ?? 0 })),
      renewalsByState: Object.values(RenewalState).map((state) => ({ state, count: renewals[state] ?? 0 })),
      completeUntil,
      gaps: [...gaps],
    };
  }
}

/** One statement, so that the counts are of one moment; each is served by an index of its own. */
async function readCounts(em: EntityManager): Promise<Counts> {
  const [counts] = await em.execute<Counts[]>(`
    select
      (select coalesce(json_object_agg(state, n), '{}') from (
        select state, count(*)::int as n from event where state <> 'HANDLED' and state <> 'IGNORED' group by state) e) as events,
      (select coalesce(json_object_agg(state, n), '{}') from (
        select state, count(*)::int as n from renewal group by state) r) as renewals,
      (select count(*)::int from invoice where not is_linked and billing_reason in ('subscription_cycle', 'subscription')
        and (status in ('void', 'deleted')) is not true) as "unmatchedInvoices",
      (select count(*)::int from renewal where state = 'SCHEDULED' and effective_date < now()) as "overdueRenewals",
      (select count(*)::int from delivery where state = 'DEAD') as "deadDeliveries",
      (select coalesce(extract(epoch from now() - min(received_at)), 0)::int from event where state = 'PENDING') as "oldestPendingSeconds",
      (select count(*)::int from event where type = 'attention.needed' and received_at > now() - interval '30 days') as attention`);
  if (counts === undefined) throw new TypeError('PostgreSQL answered a statement without FROM by no row.');
  return counts;
}
