import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { NotFoundError } from '../errors.js';
import { lockEvents } from './deliveries.js';
import { IgnoredBecause, NEVER_HANDLED } from './ignored.js';
import type { Jobs, JobSender } from './jobs.js';
import { isOfOtherMode, type Livemode } from './new-event.js';

export interface ReplayRequest {
  /** At most what one call should do; whoever has a filter looks the ids up first. */
  readonly ids: readonly string[];
  /** Only this handler's deliveries. NOT_FOUND where no worker has known it. */
  readonly handler?: string | undefined;
  /** Also deliveries that are done. */
  readonly force?: boolean | undefined;
}

export interface ReplayAnswer {
  readonly replayed: number;
  readonly refused: readonly { readonly eventId: string; readonly reason: string }[];
}

export type ReplayJobs = JobSender & Pick<Jobs, 'hasDeliveryQueue'>;

export type ReplayEvents = (request: ReplayRequest) => Promise<ReplayAnswer>;

interface Found {
  readonly id: string;
  readonly lane: string;
  readonly state: string;
  readonly ignoredBecause: string | null;
  readonly livemode: boolean | null;
  readonly isErased: boolean;
}

const PAGE = 500;

/**
 * Runs stored events through their handlers again: deliveries that are not done start afresh, with all their tries, and those of handlers
 * that came later are added; with a handler only its own. A run that is under way is superseded: what it comes to has no effect.
 * Events of the other mode are refused, unless `livemode` has come to say that theirs counts.
 */
export function createReplay(em: EntityManager, jobs: ReplayJobs, livemode?: Livemode): ReplayEvents {
  const refusalOf = createRefusal(livemode);
  return async ({ ids, handler, force = false }) => {
    if (handler !== undefined) await assertKnown(em, jobs, handler);
    const wanted = [...new Set(ids)].sort();
    let replayed = 0;
    const refused: { eventId: string; reason: string }[] = [];
    for (let start = 0; start < wanted.length; start += PAGE) {
      const page = wanted.slice(start, start + PAGE);
      const found = await inTransaction(em, async (tx) => {
        const events = await findEvents(tx, page);
        const accepted = events.filter((event) => refusalOf(event) === undefined);
        await release(tx, accepted, { handler, force });
        await jobs.wakeEvents(
          tx.query,
          accepted.map(({ id, lane }) => ({ id, lane })),
        );
        return new Map(events.map((event) => [event.id, event]));
      });
      for (const eventId of page) {
        const reason = refusalOf(found.get(eventId));
        if (reason === undefined) replayed += 1;
        else refused.push({ eventId, reason });
      }
    }
    return { replayed, refused };
  };
}

/** A handler has a queue since a worker knows it, but for those that record facts; these, and one that is gone, have deliveries. */
async function assertKnown(em: EntityManager, jobs: ReplayJobs, handler: string): Promise<void> {
  if (await jobs.hasDeliveryQueue(handler)) return;
  const [known] = await inTransaction(em, (tx) =>
    tx.query(`select from delivery where handler = $1 limit 1`, [handler]),
  );
  if (known === undefined)
    throw new NotFoundError(`There is no handler named ${handler}. The deliveries of an event name theirs.`);
}

function createRefusal(livemode: Livemode | undefined): (event: Found | undefined) => string | undefined {
  return (event) => {
    if (event === undefined) return 'There is no event of this id.';
    if (event.isErased) return 'The payload of this event is erased.';
    const reason = event.state === 'IGNORED' ? event.ignoredBecause : null;
    if (reason === IgnoredBecause.OTHER_MODE)
      return livemode === undefined || isOfOtherMode(event.livemode, livemode) ? reason : undefined;
    return NEVER_HANDLED.find((never) => never === reason);
  };
}

async function findEvents(tx: Transaction, ids: readonly string[]): Promise<Found[]> {
  await lockEvents(tx, ids);
  return tx.query<Found>(
    `select e.id, coalesce(e.stripe_subscription_id, e.id) as lane, e.state, e.ignored_because as "ignoredBecause", e.livemode,
            e.payload_erased_at is not null or not exists (select from event_body b where b.event_id = e.id and b.received_at = e.received_at) as "isErased"
       from event e where e.id = any($1)`,
    [ids],
  );
}

/**
 * The events become PENDING, whatever their other deliveries are: a worker adds what is missing, of the handler that is named or of all,
 * and says how they stand.
 */
async function release(
  tx: Transaction,
  events: readonly Found[],
  { handler, force }: Pick<ReplayRequest, 'handler' | 'force'>,
): Promise<void> {
  const ids = events.map(({ id }) => id);
  await tx.query(
    `update delivery
        set state = 'PENDING', tries = 0, signals = signals + 1, waiting_for = null, waiting_since = null, next_try_at = now(), finished_at = null
      where event_id = any($1) and ($2::text is null or handler = $2) and ($3 or state <> 'DONE')`,
    [ids, handler ?? null, force],
  );
  await tx.query(
    `update event set state = 'PENDING', handled_at = null, ignored_because = null, replayed_for = ${REPLAYED_FOR} where id = any($1)`,
    [ids, handler ?? null],
  );
}

/** For whom an event is from now on. One that waits to be given to all handlers is not taken from them by a replay for one. */
const REPLAYED_FOR = `case when $2::text is null or (state = 'PENDING' and replayed_for is null) then null
                           else array_append(array_remove(replayed_for, $2), $2) end`;
