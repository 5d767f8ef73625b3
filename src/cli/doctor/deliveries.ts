import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, type Transaction } from '../../database/transaction.js';
import { type Diagnosis, note, ok, unknown, wrong } from './finding.js';

const MINUTE = 'YYYY-MM-DD"T"HH24:MI"Z"';

/** Deliveries that were given up, by handler. */
export async function checkDead(em: EntityManager): Promise<Diagnosis[]> {
  const dead = await inTransaction(em, (tx) =>
    tx.query<{ handler: string; count: string; since: string; error: string | null }>(
      `select handler, count(*) as count, to_char(min(finished_at) at time zone 'UTC', '${MINUTE}') as since,
         (array_agg(left(last_error, 200) order by finished_at desc nulls last))[1] as error
       from delivery where state = 'DEAD' group by handler order by count(*) desc`,
    ),
  );
  if (dead.length === 0) return [ok('No delivery is DEAD.')];
  return dead.map(({ handler, count, since, error }) =>
    wrong(
      `${count} deliveries of ${handler} are DEAD, the first since ${since}. The last error: ${error ?? 'none is known'}`,
      `Mend the cause, then: renewal-ledger replay --delivery-state DEAD --handler ${handler}`,
    ),
  );
}

const WAITED_LONG_HOURS = 24;

/** Deliveries that have waited for more than a day, with what they wait for. */
export async function checkWaiting(em: EntityManager): Promise<Diagnosis[]> {
  const waiting = await inTransaction(em, (tx) =>
    tx.query<{ handler: string; count: string; since: string; examples: string[] }>(
      `select handler, count(*) as count, to_char(min(waiting_since) at time zone 'UTC', '${MINUTE}') as since,
         (array_agg(waiting_for order by waiting_since))[1:3] as examples
       from delivery where state = 'WAITING' and waiting_since < now() - make_interval(hours => $1)
       group by handler order by count(*) desc`,
      [WAITED_LONG_HOURS],
    ),
  );
  if (waiting.length === 0) return [ok(`No delivery has waited for more than ${WAITED_LONG_HOURS} hours.`)];
  return waiting.map(({ handler, count, since, examples }) =>
    wrong(
      `${count} deliveries of ${handler} have waited for more than ${WAITED_LONG_HOURS} hours, the first since ${since}, such as for ${examples.join(', ')}.`,
      adviceFor(examples),
    ),
  );
}

function adviceFor(examples: readonly string[]): string {
  const invoice = examples.find((key) => key.startsWith('link:'))?.slice('link:'.length);
  return invoice === undefined
    ? 'Bring about what they wait for, or: renewal-ledger replay --delivery-state WAITING. After 30 days they are DEAD.'
    : `See why: renewal-ledger explain ${invoice}. Then create the renewal that is missing, or: renewal-ledger link ${invoice} --renewal …`;
}

const DRIFT_DAYS = 30;
const OVERLAP_DAYS = 2;
const NO_VERSION = 'none';

/** Versions begin with the day of their release. */
const dateOf = (version: string): string => version.slice(0, 10);

interface VersionRow {
  readonly version: string;
  readonly count: string;
  readonly last: string;
  readonly isCurrent: boolean;
}

/** The API versions in which Stripe has written the events that it posted lately; `newestKnown` is that of the installed client. */
export async function checkVersions(em: EntityManager, newestKnown: string): Promise<Diagnosis[]> {
  const versions = await inTransaction(em, readVersions);
  const told = versions.map(({ version, count, last }) => `${version} (${count}, the last at ${last})`).join(', ');
  const current = versions.filter(({ isCurrent }) => isCurrent);
  if (versions.length === 0) return [unknown(`Stripe has posted no event in the last ${DRIFT_DAYS} days.`)];
  if (current.length > 1)
    return [
      note(
        `Events come in several API versions at once: ${told}.`,
        'Either layout is read; one version on all of your Stripe webhook endpoints is easier to reason about.',
      ),
    ];
  const newer = current.find(({ version }) => version !== NO_VERSION && dateOf(version) > dateOf(newestKnown));
  if (newer !== undefined)
    return [
      note(
        `Events are of API version ${newer.version}, which is newer than ${newestKnown}, the newest that this release knows.`,
        'Pin the API version of the webhook endpoint, or upgrade renewal-ledger.',
      ),
    ];
  if (versions.length > 1)
    return [
      note(`The API version of events has changed in the last ${DRIFT_DAYS} days: ${told}.`, 'Was that on purpose?'),
    ];
  return [ok(`All events are of one API version: ${told}.`)];
}

function readVersions(tx: Transaction): Promise<VersionRow[]> {
  return tx.query<VersionRow>(
    `select coalesce(api_version, '${NO_VERSION}') as version, count(*) as count,
       to_char(max(received_at) at time zone 'UTC', '${MINUTE}') as last,
       max(received_at) > now() - make_interval(days => $2) as "isCurrent"
     from event where source = 'STRIPE' and received_at > now() - make_interval(days => $1)
     group by 1 order by max(received_at) desc`,
    [DRIFT_DAYS, OVERLAP_DAYS],
  );
}
