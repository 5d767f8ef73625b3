import { toDate, type Transaction } from '../database/transaction.js';
import type { SubscriptionRecord } from './records.js';
import { secondOf } from './subscription-fold.js';
import type { TimedSubscriptionEvent } from './subscription-facts.js';

type Event = TimedSubscriptionEvent & { readonly subscriptionId: string };

/**
 * The other events of the seconds that these share with something that is known: they decide the order together, so that the order of
 * arrival has no say. An event that is alone in a second newer than its subscription's row needs none. Those that name no time share
 * one second, the oldest.
 */
export async function readStoredSeconds(
  tx: Transaction,
  events: readonly Event[],
  rows: readonly SubscriptionRecord[],
): Promise<Event[]> {
  const asOf = new Map(rows.map((row) => [row.id, row]));
  const inSecond = Map.groupBy(events, placeOf);
  const shared = events.filter((event) => {
    const row = asOf.get(event.subscriptionId);
    const isNewer = row === undefined || row.asOfEventId === null || secondOf(event) > secondOf({ created: row.asOf });
    const isAlone = inSecond.get(placeOf(event))?.length === 1;
    return !(isNewer && isAlone);
  });
  if (shared.length === 0) return [];
  const stored = await tx.query<StoredRow>(
    `select e.id, e.type, v.second, e.received_at, e.stripe_subscription_id, b.body
     from unnest($1::text[], $2::timestamptz[]) v(subscription_id, second)
     join event e on e.stripe_subscription_id = v.subscription_id and e.occurred_at = coalesce(v.second, e.received_at)
     join event_body b on b.event_id = e.id and b.received_at = e.received_at
     where e.source = 'STRIPE' and e.state <> 'IGNORED' and e.type like 'customer.subscription.%'`,
    [shared.map(({ subscriptionId }) => subscriptionId), shared.map(({ created }) => created)],
  );
  return stored.flatMap(parse);
}

const placeOf = (event: Event): string => `${event.subscriptionId} ${secondOf(event)}`;

interface StoredRow {
  readonly id: string;
  readonly type: string;
  /** Null of an event that names no time: it occurred when it was received, for want of anything better. */
  readonly second: string | null;
  readonly received_at: string;
  readonly stripe_subscription_id: string;
  readonly body: Uint8Array;
}

/** A stored body that cannot be read takes no part; its own delivery says why. */
function parse(row: StoredRow): Event[] {
  try {
    const { data } = JSON.parse(new TextDecoder().decode(row.body)) as {
      data: { object: unknown; previous_attributes?: unknown };
    };
    const { object, previous_attributes: previous = null } = data;
    const { id, type, stripe_subscription_id: subscriptionId } = row;
    return [
      {
        id,
        type,
        subscriptionId,
        object,
        previous,
        created: toDate(row.second),
        receivedAt: new Date(row.received_at),
      },
    ];
  } catch {
    return [];
  }
}
